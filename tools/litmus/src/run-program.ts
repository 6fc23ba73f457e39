import { KernelBug } from '@pfnmap/pgtable-core';
import type { Finding } from './finding.ts';
import { Session } from './session.ts';
import type { TestedKernel } from './tested-kernel.ts';

/** What a rule says that may be broken, or nothing. */
function broken(session: Session, rule: () => void): { finding?: Finding; dead: boolean } {
  try {
    rule();
    return { dead: false };
  } catch (error) {
    const finding = session.findingOf(error);
    const dead = error instanceof KernelBug;
    return finding === undefined ? { dead } : { finding, dead };
  }
}

/**
 * Plays a program, line by line, with every rule held against the machine after every line. It goes on after a rule broke,
 * unless the kernel died.
 */
export function* runProgram(kernel: TestedKernel, lines: readonly string[]): Generator<Finding> {
  const session = new Session(kernel);
  for (const [index, line] of lines.entries()) {
    const placed = session.ruleOf(line);
    for (const rule of [() => void session.play(line), () => session.check(), placed]) {
      const { finding, dead } = broken(session, rule);
      if (finding !== undefined) yield { ...finding, key: `${finding.key}, line ${index + 1}` };
      if (dead) return;
    }
  }
  session.end();
}
