import { join } from 'node:path';
import { formatEvent, labRun, labSetup, SCENARIO_DIR } from '@pfnmap/lab';

/** Sets a target up, boots it, and says what became of each scenario. */
export async function runOnKernel(target: string, names: readonly string[]): Promise<string[]> {
  const reporter = (event: Parameters<typeof formatEvent>[0]) => {
    const line = formatEvent(event);
    if (line !== undefined) process.stderr.write(`${line}\n`);
  };
  await labSetup(target, { reporter });
  const files = names.map((name) => join(SCENARIO_DIR, `${name}.scn`));
  const { captures } = await labRun(target, files, { outDir: 'captures', reporter });
  return captures.map(({ path, crash }) => `${path}: ${crash[0] ?? 'answered'}`);
}
