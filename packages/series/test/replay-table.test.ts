// The replay table: what each prefix of the series answers, and from which patch on. Expected values are the spec's.
import { describe, expect, test } from 'vitest';
import { type ReplayAnswer, replay, replayQuestions, seriesPoint } from '../src/index.ts';

const question = (id: string) => replayQuestions.find((each) => each.id === id)!;
const row = (...answers: readonly (readonly [from: number, answer: string])[]): ReplayAnswer[] =>
  answers.map(([from, answer]) => ({ from, answer }));

const INVALID = 'invalid page access';
const REFUSED = '0 pages, -EFAULT';

// Rows about a PUD leaf begin where there is one: with patch 4.
const X86: Readonly<Record<string, ReplayAnswer[]>> = {
  Q1: row([0, '0x80000000E00000B7'], [17, '0x80000000E00002B7']),
  Q2: row([0, 'no'], [4, 'yes']),
  Q3: row([0, 'yes'], [2, 'no']),
  Q4: row([0, INVALID], [17, REFUSED]),
  Q5: row([0, INVALID], [17, REFUSED]),
  Q6: row([0, 'NULL']),
  Q7: row([0, 'NULL'], [4, 'bogus folio'], [17, 'NULL']),
  Q8: row([0, 'none'], [17, '0x80000000E0000297']),
  Q9: row(
    [0, '0x80000040000000B7, none'],
    [4, '0x80000040000000B5, 0x8000004000000095'],
    [7, '0x80000040000000B7, 0x8000004000000097'],
    [17, '0x80000040000002B7, 0x8000004000000297'],
  ),
  Q10: row([0, 'no'], [8, 'yes']),
  Q11: row([0, 'no'], [9, 'yes']),
  Q12: row([0, 'error FAULT'], [10, 'right pfn']),
  Q13: row([0, '-EINVAL'], [17, 'frame and protection']),
  Q14: row([0, '-EINVAL'], [13, 'success']),
  Q15: row([0, '-EINVAL'], [14, 'success']),
  Q16: row([0, '-EINVAL'], [15, '8 bytes']),
  Q17: row([0, 'yes'], [16, 'no']),
  Q18: row([0, 'no'], [17, 'yes']),
  Q20: row([0, '512 PTE'], [19, '1 PMD']),
  Q21: row([0, 'left to anonymous memory'], [17, 'broken: copied as it is']),
  Q22: row([0, 'found'], [17, 'NULL']),
};

const ARM64: Readonly<Record<string, ReplayAnswer[]>> = {
  Q2: row([0, 'no']),
  Q3: X86.Q3!,
  Q4: row([0, INVALID], [18, REFUSED]),
  Q6: X86.Q6!,
  Q10: X86.Q10!,
  Q11: X86.Q11!,
  Q12: X86.Q12!,
  Q14: X86.Q14!,
  Q15: X86.Q15!,
  Q16: X86.Q16!,
  Q17: X86.Q17!,
  Q19: row([0, 'no'], [18, 'yes']),
  Q20: X86.Q20!,
};

describe('R2: x86_64, patch by patch', () => {
  for (const [id, expected] of Object.entries(X86))
    test(`${id}: ${question(id).title}`, () => {
      expect(replay(question(id), 'x86_64')).toEqual(expected);
    });

  test('Q22 is found again with patch 6 as merged', () => {
    const { after } = seriesPoint('FIX_FOLIO_WALK_PRESENT_PMD');
    expect(question('Q22').ask({ arch: 'x86_64', ...after })).toBe('found');
  });
});

describe('R3: arm64, with 18 in place of 17', () => {
  for (const [id, expected] of Object.entries(ARM64))
    test(`${id}: ${question(id).title}`, () => {
      expect(replay(question(id), 'arm64')).toEqual(expected);
    });

  const changed = (id: string): [from: number, set: bigint, cleared: bigint] => {
    const answers = replay(question(id), 'arm64');
    const [before, after] = [answers[0]!.answer, answers[1]!.answer];
    const [from, to] = [before === 'none' ? 0n : BigInt(before), BigInt(after)];
    return [answers[1]!.from, to & ~from, from & ~to];
  };

  test('Q1: bit 56 and no other comes with patch 18', () => {
    expect(changed('Q1')).toEqual([18, 1n << 56n, 0n]);
  });

  test('Q8: the child has the parent entry less the access flag from patch 18 on', () => {
    const parent = BigInt(replay(question('Q1'), 'arm64').at(-1)!.answer);
    expect(changed('Q8')).toEqual([18, parent & ~(1n << 10n), 0n]);
  });

  test('rows about PUD leaves and x86 bits are not asked', () => {
    const ids = replayQuestions.filter(({ archs }) => !archs.includes('arm64')).map(({ id }) => id);
    expect(ids).toEqual(['Q5', 'Q7', 'Q9', 'Q13', 'Q18', 'Q21', 'Q22']);
  });
});

describe('R6: the series as merged without one patch', () => {
  const without = (number: string, id: string): string =>
    question(id).ask({
      arch: 'x86_64',
      kernel: '6.12-rc1',
      reverted: [`SERIES_PATCH_${number}`],
    });

  test.each([
    ['03', 'Q4', INVALID],
    ['03', 'Q5', INVALID],
    ['03', 'Q7', 'bogus folio'],
    ['03', 'Q8', 'none'],
    ['03', 'Q13', '-EINVAL'],
    ['04', 'Q1', '0x80000000E00002B7'],
    ['04', 'Q2', 'no'],
    ['05', 'Q4', INVALID],
    ['05', 'Q5', INVALID],
    ['06', 'Q7', 'bogus folio'],
    ['07', 'Q8', 'none'],
    ['07', 'Q9', '0x80000040000002B5, 0x8000004000000295'],
    ['09', 'Q11', 'no'],
    ['09', 'Q12', 'error FAULT'],
    ['09', 'Q17', 'yes'],
    ['10', 'Q12', 'error FAULT'],
    ['10', 'Q14', 'success'],
    ['12', 'Q13', '-EINVAL'],
    ['13', 'Q14', '-EINVAL'],
    ['13', 'Q12', 'right pfn'],
    ['14', 'Q15', '-EINVAL'],
    ['13', 'Q15', 'success'],
    ['15', 'Q16', '-EINVAL'],
    ['16', 'Q17', 'yes'],
    ['16', 'Q20', '1 PMD'],
    ['17', 'Q1', '0x80000000E00000B7'],
    ['17', 'Q2', 'yes'],
    ['17', 'Q20', '1 PTE'],
    ['19', 'Q20', '512 PTE'],
    ['19', 'Q1', '0x80000000E00002B7'],
  ])('without %s, %s is %s', (number, id, expected) => {
    expect(without(number, id)).toBe(expected);
  });

  test('a patch without which others cannot be built takes them along', () => {
    expect(without('01', 'Q18')).toBe('no');
    expect(without('08', 'Q11')).toBe('no');
  });
});
