/** The architectures of the model. */
export type Architecture = 'x86_64' | 'arm64';

/** The names that people, Debian and kernels have for them. */
const NAMES: Readonly<Record<string, Architecture>> = {
  x86_64: 'x86_64',
  amd64: 'x86_64',
  arm64: 'arm64',
  aarch64: 'arm64',
};

/** The architecture that a name means, or undefined. */
export function architectureOf(name: string): Architecture | undefined {
  return Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
}
