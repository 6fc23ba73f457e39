// Goal: the example prints what the README says. Method: the example is run, and its lines are compared.
import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';

test('the example prints the lines of the README', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import('../examples/guest-reads-a-bar.ts');
  const printed = log.mock.calls.map((line) => line.join(' ')).join('\n');
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  expect(/```text\n([\s\S]*?)\n```/.exec(readme)?.[1]).toBe(printed);
});
