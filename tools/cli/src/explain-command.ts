import {
  type ArchPgtable,
  LEVEL_NAMES,
  levelOfName,
  type PgtableLevel,
} from '@pfnmap/pgtable-core';
import { closestWord, formatSize, parseScenario, quote } from '@pfnmap/scenario';
import type { Architecture } from './architecture.ts';
import { columns } from './columns.ts';
import { type CommandContext, print } from './command-context.ts';
import { entryWords, wide } from './describe-entry.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { ARM64_BITS } from './explain/arm64.data.ts';
import { type TakenApart, takeApart } from './explain/entry-fields.ts';
import { fieldLines, ruler } from './explain/picture.ts';
import { X86_64_BITS } from './explain/x86-64.data.ts';
import { Failure } from './failure.ts';
import { DEFAULT_KERNEL, playOn } from './player.ts';

/** What `pfnmap explain` is told besides the entry. */
export interface ExplainOptions {
  readonly arch?: Architecture;
  readonly kernel?: string;
  readonly level?: string;
  readonly json?: boolean;
}

const LAYOUTS = { x86_64: X86_64_BITS, arm64: ARM64_BITS } as const;
const LONGEST_NUMBER = 80;

/** Reads a 64-bit word: `0x…`, decimal, either with `_` between digits or `n` behind them. */
export function readWord(text: string): bigint {
  const digits = text.replace(/_/g, '').replace(/n$/, '');
  const isNumber = /^(0[xX][0-9a-fA-F]+|0[bB][01]+|[0-9]+)$/.test(digits);
  if (!isNumber && /^[0-9a-fA-F]{8,16}$/.test(digits))
    throw new Failure(`${quote(text)} is not a number.\n  Did you mean 0x${digits}?`);
  if (!isNumber)
    throw new Failure(
      `${quote(text)} is not a number.\n  Write a 64-bit entry, such as 0x80000002000002b7.`,
    );
  const word = digits.length > LONGEST_NUMBER ? 2n ** 64n : BigInt(digits);
  if (word >= 2n ** 64n) throw new Failure(`${quote(text)} has more than 64 bits.`);
  return word;
}

function readLevel(name: string): PgtableLevel {
  const level = levelOfName(name);
  if (level !== undefined) return level;
  const near = closestWord(name, LEVEL_NAMES);
  throw new Failure(
    `unknown level ${quote(name)}\n  It is one of ${LEVEL_NAMES.join(', ')}.` +
      (near === undefined ? '' : ` Did you mean ${near}?`),
  );
}

/** What an entry is, in one clause. */
function verdict(arch: ArchPgtable, level: PgtableLevel, taken: TakenApart): string {
  const { kind, address, memoryType } = taken;
  if (kind === 'none') return 'none: nothing is mapped here';
  if (kind === 'table') return `table: the next level is at 0x${address.toString(16)}`;
  const place = `${formatSize(arch.geometry.levels[level].size)} at 0x${address.toString(16)}`;
  if (kind === 'leaf') return `leaf: maps ${place}, memory type ${memoryType}`;
  return address === 0n ? 'not present: every access faults' : `not present: keeps ${place}`;
}

function explainLevel(
  word: bigint,
  level: PgtableLevel,
  arch: ArchPgtable,
  name: Architecture,
  context: CommandContext,
): string[] {
  const taken = takeApart(arch, LAYOUTS[name], level, word);
  if (taken.kind === 'none') return [verdict(arch, level, taken)];
  return [
    verdict(arch, level, taken),
    '',
    ...ruler(word, taken),
    '',
    ...fieldLines(taken, context.style),
  ];
}

/** How each level would read the word, from the top. */
function everyLevel(word: bigint, arch: ArchPgtable): string[] {
  const levels = [...arch.geometry.levels].reverse().filter(({ folded }) => !folded);
  const rows = levels.map(({ level, size }) => {
    const name = LEVEL_NAMES[level]!;
    const { what, memoryType, flags } = entryWords(arch, name, word);
    return [name, formatSize(size), what, memoryType, flags];
  });
  return columns([['level', 'size', 'is', 'memory', 'bits'], ...rows]);
}

function explainJson(
  word: bigint,
  levels: readonly PgtableLevel[],
  arch: ArchPgtable,
  name: Architecture,
): object {
  return {
    format: 'pfnmap-explain/1',
    entry: wide(word),
    arch: name,
    levels: levels.map((level) => {
      const { kind, address, memoryType, fields } = takeApart(arch, LAYOUTS[name], level, word);
      return {
        level: LEVEL_NAMES[level],
        kind,
        address: `0x${address.toString(16)}`,
        memoryType,
        flags: arch.decode(level, word).flags,
        fields: fields
          .filter(({ value }) => value !== 0n)
          .map(({ high, low, value, name, meaning }) => ({
            high,
            low,
            value: `0x${value.toString(16)}`,
            name,
            meaning,
          })),
      };
    }),
  };
}

/** Takes a 64-bit page-table entry apart and says what every set bit means. */
export async function explainCommand(
  entry: string,
  options: ExplainOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const word = readWord(entry);
  const chosen = options.level === undefined ? undefined : readLevel(options.level);
  const { arch: name = 'x86_64', kernel = DEFAULT_KERNEL } = options;
  const play = await context.loadPlayer();
  const { arch } = playOn(play, parseScenario('', 'explain'), { arch: name, kernel });
  if (options.json === true) {
    const all = arch.geometry.levels.filter(({ folded }) => !folded).map(({ level }) => level);
    const levels = chosen === undefined ? all.reverse() : [chosen];
    print(context, [JSON.stringify(explainJson(word, levels, arch, name), undefined, 2)]);
    return EXIT.agree;
  }
  const read = chosen === undefined ? 'read at every level' : `read as a ${LEVEL_NAMES[chosen]}`;
  print(context, [
    context.style.heading(`${wide(word)} ${read}, ${name}, Linux ${kernel}`),
    '',
    ...(chosen === undefined
      ? [...everyLevel(word, arch), '', 'Add --level pte, pmd or pud to see its bits.']
      : explainLevel(word, chosen, arch, name, context)),
  ]);
  return EXIT.agree;
}
