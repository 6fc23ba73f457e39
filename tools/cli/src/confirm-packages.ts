import type { Confirm } from '@pfnmap/lab';
import type { Terminal } from './terminal.ts';

/** Asks the person at the terminal whether packages may be installed; where nobody is there, the answer is no. */
export const confirmPackages =
  ({ ask }: Pick<Terminal, 'ask'>): Confirm =>
  async (packages, command) => {
    if (ask === undefined) return false;
    const answer = await ask(`This host lacks ${packages.join(', ')}. Run “${command}”? [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  };
