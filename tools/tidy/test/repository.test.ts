// Goal: this repository keeps its own rules. Method: every rule over every file that is not ignored.
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readRepository } from '../src/repository.ts';
import { rules } from '../src/rules.ts';

const repository = readRepository(fileURLToPath(new URL('../../../', import.meta.url)));

for (const rule of rules) {
  test(rule.title, () => {
    expect(rule.check(repository).join('\n')).toBe('');
  });
}
