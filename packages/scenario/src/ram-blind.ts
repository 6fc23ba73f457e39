import type {
  Answer,
  FollowAnswer,
  PagemapAnswer,
  TableAnswer,
  TableRun,
  WalkAnswer,
} from './answer.ts';
import type { CapturedMachine } from './capture.ts';

const GiB = 1n << 30n;

/** Where an architecture keeps addresses in entries, and where the lab's machine has RAM. */
interface RamOfMachine {
  readonly addressMask: bigint;
  readonly start: bigint;
  readonly end: bigint;
  /** Entries that are not present hold the complement of their address (x86). */
  readonly invertsNotPresent: boolean;
}

const RAM: Readonly<Record<string, RamOfMachine>> = {
  x86_64: {
    addressMask: 0x000ffffffffff000n,
    start: 0n,
    end: GiB,
    invertsNotPresent: true,
  },
  aarch64: {
    addressMask: 0x0003fffffffff000n,
    start: GiB,
    end: 2n * GiB,
    invertsNotPresent: false,
  },
};

/** True for the address of a page of RAM. Address 0 is where a reader already left the address out. */
const isRam = (ram: RamOfMachine, address: bigint): boolean =>
  address > 0n && address >= ram.start && address < ram.end;

function blindEntry(ram: RamOfMachine, text: string): string {
  const entry = BigInt(text);
  const field = entry & ram.addressMask;
  const inverted = ram.invertsNotPresent && entry !== 0n && (entry & 1n) === 0n;
  const address = inverted ? field ^ ram.addressMask : field;
  return isRam(ram, address) ? `ram|0x${(entry & ~ram.addressMask).toString(16)}` : text;
}

/** Runs of pages of RAM with the same bits are one run, whatever frames they happened to get. */
function blindRuns(ram: RamOfMachine, runs: readonly TableRun[]): unknown[] {
  const folded: { offset: string; level: string; entry: string; count: number }[] = [];
  for (const run of runs) {
    const entry = blindEntry(ram, run.entry);
    const last = folded[folded.length - 1];
    if (entry.startsWith('ram') && last?.entry === entry && last.level === run.level) {
      last.count += run.count;
    } else {
      folded.push({ ...run, entry });
    }
  }
  return folded;
}

function blindFollow(ram: RamOfMachine, answer: FollowAnswer, pageShift: bigint): unknown {
  if (answer.pfn === undefined) return answer;
  return isRam(ram, BigInt(answer.pfn) << pageShift) ? { ...answer, pfn: 'ram' } : answer;
}

/** The frame of a page of RAM in a word of /proc/PID/pagemap: bits 54 to 0, of which the lab's machines use the lowest. */
function blindPagemap(ram: RamOfMachine, answer: PagemapAnswer, pageShift: bigint): unknown {
  const word = BigInt(answer.pagemap);
  const pfn = BigInt.asUintN(55, word);
  if (!isRam(ram, pfn << pageShift)) return answer;
  return { pagemap: `ram|0x${(word ^ pfn).toString(16)}` };
}

/**
 * An answer without the addresses of RAM that are left in it. A kernel takes whatever page is free, so they say
 * nothing: captures tell them as 0 in present entries, but not where x86 inverts the address of a PROT_NONE entry, nor
 * as the PFN of a lookup or of pagemap.
 */
export function withoutRamAddresses(
  machine: Pick<CapturedMachine, 'arch' | 'kernel'>,
  answer: Answer,
): unknown {
  const ram = RAM[machine.arch];
  const pageShift = machine.kernel.endsWith('16k') ? 14n : 12n;
  if (ram === undefined) return answer;
  if ('table' in answer) return { table: blindRuns(ram, (answer as TableAnswer).table) };
  if ('walk' in answer) {
    const { walk } = answer as WalkAnswer;
    return { walk: walk.map((at) => ({ ...at, entry: blindEntry(ram, at.entry) })) };
  }
  if ('pagemap' in answer) return blindPagemap(ram, answer as PagemapAnswer, pageShift);
  return 'follow' in answer ? blindFollow(ram, answer as FollowAnswer, pageShift) : answer;
}
