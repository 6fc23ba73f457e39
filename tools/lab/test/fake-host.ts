import type { ExecOptions, ExecResult, Host } from '../src/host/host.ts';

/** A command the fake host was asked to run. */
export interface Call {
  readonly command: string;
  readonly args: readonly string[];
  readonly options: ExecOptions;
}

/** What a fake command does: its standard output, or an exit code and output. */
export type FakeCommand = (call: Call) => string | ExecResult | Promise<string | ExecResult>;

/** A host whose commands are functions, and which remembers what it was asked. */
export interface FakeHost extends Host {
  readonly calls: Call[];
  /** The command lines, without paths of folders that differ from run to run. */
  lines(): string[];
}

/** Makes a fake host; `commands` are the ones on its PATH. */
export function fakeHost(
  commands: Readonly<Record<string, FakeCommand>>,
  facts: Partial<Pick<Host, 'isRoot' | 'architecture' | 'env' | 'exists' | 'freeBytes'>> = {},
): FakeHost {
  const calls: Call[] = [];
  return {
    env: {},
    architecture: 'amd64',
    isRoot: true,
    exists: () => true,
    freeBytes: () => 100e9,
    ...facts,
    calls,
    lines: () => calls.map((call) => [call.command, ...call.args].join(' ')),
    find: (command) => (commands[command] ? `/usr/bin/${command}` : undefined),
    async exec(command, args, options = {}) {
      const call = { command, args, options };
      calls.push(call);
      const run = commands[command.replace(/^.*\//, '')];
      if (!run) return { code: 127, output: `${command}: not found`, stdout: '' };
      let heard = false;
      const onOutput = (text: string) => {
        heard = true;
        options.onOutput?.(text);
      };
      const result = await run({ ...call, options: { ...options, onOutput } });
      // What a command says all at once is heard as well.
      if (!heard) onOutput(typeof result === 'string' ? result : result.output);
      return typeof result === 'string' ? { code: 0, output: result, stdout: result } : result;
    },
  };
}

/** A failing command's result. */
export function failure(code: number, output: string): ExecResult {
  return { code, output, stdout: '' };
}
