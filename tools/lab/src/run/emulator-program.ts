import { join } from 'node:path';
import type { CachePaths } from '../cache.ts';
import { unpackedProgram } from '../debian/program.ts';
import type { Host } from '../host/host.ts';
import type { TargetEmulator } from '../target/target.ts';

/** An emulator that is there, and how it is started. */
export interface EmulatorProgram {
  /** Its file. */
  readonly path: string;
  readonly command: string;
  /** Arguments before those of the machine. */
  readonly args: readonly string[];
  /** Added to the environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** Where the firmware is, of QEMU itself and of x86 machines. */
const DATA = ['usr/share/qemu', 'usr/share/seabios'];

/** The emulator on PATH, else the one that a set-up unpacked; undefined where there is neither. */
export function findEmulator(
  host: Host,
  paths: CachePaths,
  emulator: Pick<TargetEmulator, 'command'>,
): EmulatorProgram | undefined {
  const installed = host.find(emulator.command);
  if (installed !== undefined) return { path: installed, command: installed, args: [], env: {} };
  const unpacked = unpackedProgram(paths, emulator.command);
  if (unpacked === undefined) return undefined;
  const { root, libraries, words } = unpacked;
  const [command, ...args] = words;
  const data = DATA.flatMap((folder) => ['-L', join(root, folder)]);
  return {
    path: words.at(-1)!,
    command,
    args: [...args, ...data],
    // It looks for its modules beside its file, and started by a loader it does not know that.
    env: { QEMU_MODULE_DIR: join(libraries, 'qemu') },
  };
}
