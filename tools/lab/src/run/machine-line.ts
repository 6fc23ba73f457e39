/** Options of a scenario's machine, `bar=8G`; a bare word such as `dyndbg` has the value `on`. */
export type MachineOptions = Readonly<Record<string, string>>;

/** The options that decide how a machine boots; the others are set while it runs. */
const BOOT_OPTIONS = ['bar', 'cpu', 'cpus', 'el2', 'levels', 'pat', 'va'];

/** The options of the `machine` line, which is a scenario's first line if it has one. */
export function parseMachineLine(text: string): MachineOptions {
  const first = text.split('\n', 1)[0]!.split('#', 1)[0]!;
  const [operation, ...words] = first.split(/\s+/).filter((word) => word !== '');
  if (operation !== 'machine') return {};
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf('=');
      return at < 0 ? [word, 'on'] : [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}

/** Whether a scenario starts a virtual machine of its own. */
export function usesKvm(text: string): boolean {
  return text.split('\n').some((line) => /^(in\s+)?kvm/.test(line));
}

/**
 * How a scenario's machine is booted, keys in alphabetical order. On arm64 a guest that runs
 * virtual machines itself has to start at EL2.
 */
export function bootOptions(text: string, arch: string): MachineOptions {
  const machine = parseMachineLine(text);
  const asked = arch === 'arm64' && usesKvm(text) ? { ...machine, el2: 'on' } : machine;
  return Object.fromEntries(
    BOOT_OPTIONS.flatMap((key) => (asked[key] === undefined ? [] : [[key, asked[key]]])),
  );
}
