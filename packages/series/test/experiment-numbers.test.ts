// The numbers of the README are what the model counts.
import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';

test('the table of experiments is what its example prints', { timeout: 300_000 }, async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const table = /```text\n(32 GiB BAR[^`]*)```/.exec(readme)![1]!;
  const lines: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line) => lines.push(line));
  await import('../examples/experiments.ts');
  log.mockRestore();
  expect(`${lines.join('\n')}\n`).toBe(table);
});
