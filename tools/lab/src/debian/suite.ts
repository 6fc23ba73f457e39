/** A Debian release the lab takes packages from, and the small system it builds the guest in. */
export interface Suite {
  readonly name: 'bookworm' | 'trixie';
  /** Suites of the main archive. */
  readonly main: readonly string[];
  /** Suites of the security archive. */
  readonly security: readonly string[];
  /** Libraries and programs of the build system itself, for any target. */
  readonly buildPackages: readonly string[];
  /** Bytes the build system takes on disk, downloads included. */
  readonly diskBytes: number;
}

/** A shell and what kbuild calls, without anything that runs at installation. */
const essentials = [
  'base-files',
  'bash',
  'coreutils',
  'dash',
  'diffutils',
  'findutils',
  'grep',
  'mawk',
  'sed',
  'make',
  'xz-utils',
];

export const SUITES: readonly Suite[] = [
  {
    name: 'bookworm',
    main: ['bookworm', 'bookworm-updates'],
    security: ['bookworm-security'],
    buildPackages: essentials,
    diskBytes: 1_000_000_000,
  },
  {
    name: 'trixie',
    main: ['trixie', 'trixie-updates', 'trixie-backports'],
    security: ['trixie-security'],
    buildPackages: essentials,
    diskBytes: 1_200_000_000,
  },
];

/** The suite of that name. */
export function findSuite(name: Suite['name']): Suite {
  return SUITES.find((suite) => suite.name === name)!;
}

/** Prefixes of the C tool chains: native where the target is the build machine's, else a cross one. */
export function crossPrefix(buildArch: string, targetArch: 'amd64' | 'arm64'): string {
  if (buildArch === targetArch) return '';
  return targetArch === 'arm64' ? 'aarch64-linux-gnu-' : 'x86_64-linux-gnu-';
}

/**
 * The compiler packages that build for an architecture on another. The native ones are always
 * there: kbuild's own programs may be compiled.
 */
export function compilerPackages(buildArch: string, targetArch: 'amd64' | 'arm64'): string[] {
  const native = ['gcc', 'libc6-dev'];
  if (buildArch === targetArch) return native;
  const gcc = targetArch === 'arm64' ? 'gcc-aarch64-linux-gnu' : 'gcc-x86-64-linux-gnu';
  return [...native, gcc, `libc6-dev-${targetArch}-cross`];
}
