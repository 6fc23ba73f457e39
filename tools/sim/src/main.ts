import { TARGETS } from './run-program.ts';
import { simulate } from './simulate.ts';

const USAGE = `usage: npm run sim -- [TARGET…] [--steps N] [--seed N]
Plays random programs on the model and checks the invariants of PFN mappings after each step.
targets: ${Object.keys(TARGETS).join(' ')} (default: all)
`;

function main(args: readonly string[]): number {
  const targets: string[] = [];
  const options = { steps: 100_000, seed: 1 };
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] as string;
    if (arg === '--help') {
      process.stdout.write(USAGE);
      return 0;
    }
    if (arg === '--steps' || arg === '--seed') {
      const value = Number(args[++index]);
      if (!Number.isSafeInteger(value) || value < 0) {
        process.stderr.write(`${arg} wants a whole number\n${USAGE}`);
        return 2;
      }
      options[arg.slice(2) as 'steps' | 'seed'] = value;
    } else if (TARGETS[arg] === undefined) {
      process.stderr.write(`unknown target or option ${arg}\n${USAGE}`);
      return 2;
    } else targets.push(arg);
  }
  let failed = false;
  for (const target of targets.length > 0 ? targets : Object.keys(TARGETS)) {
    const { steps, milliseconds, failure } = simulate(target, options.steps, options.seed);
    const rate = Math.round((steps / milliseconds) * 1000);
    process.stdout.write(
      `${target.padEnd(15)} ${steps} steps, ${rate} a second, seed ${options.seed}: ${failure === undefined ? 'every invariant holds' : failure.message}\n`,
    );
    if (failure === undefined) continue;
    failed = true;
    process.stdout.write(
      `${failure.scenario}replay: save these lines and run npx pfnmap run FILE.scn\n`,
    );
  }
  return failed ? 1 : 0;
}

process.exitCode = main(process.argv.slice(2));
