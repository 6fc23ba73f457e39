import type { Pfn, Slot } from './arch-pgtable.ts';
import { KernelBug } from './kernel-bug.ts';

/** What {@link createPhysMem} needs to know. */
export interface PhysMemOptions {
  /** log2 of the page size. */
  readonly pageShift: number;
  /** Page frames of RAM. The host commits memory as frames are first written. Default: 256 MiB of RAM. */
  readonly frames?: number;
  /** Page frame number of the first frame; RAM must end below 4 GiB. Default 0. */
  readonly basePfn?: number;
  /** Room for large folios above the frames, each of 2^order pages. Default: none. */
  readonly large?: { readonly order: number; readonly folios: number };
  /** What {@link PhysMem.release} of a memory of the same size gave back, to be used again. */
  readonly lanes?: Int32Array;
}

/**
 * The RAM of one simulated machine: page-table pages and anonymous pages, as the hardware would see them. Entries are
 * little-endian 64-bit words, kept as pairs of 32-bit lanes.
 */
export interface PhysMem {
  readonly pageShift: number;
  readonly basePfn: Pfn;
  readonly frames: number;
  /** All of RAM; an entry is the lanes at its slot and the one after. */
  readonly lanes: Int32Array;
  /** Frames handed out and not given back. */
  framesInUse(): number;
  /** A zeroed frame, or -1 when RAM is exhausted. */
  allocFrame(): Pfn;
  /** Gives a frame back. @throws KernelBug on a frame that is not in use. */
  freeFrame(pfn: Pfn): void;
  /** The first of `count` zeroed frames side by side, or -1 when there are none: a table that is larger than a page. */
  allocFrames(count: number): Pfn;
  /** Gives frames of {@link allocFrames} back. @throws KernelBug on a frame that is not in use. */
  freeFrames(pfn: Pfn, count: number): void;
  /**
   * The first frame of a free large folio, aligned to its size, or -1 when there is none. Its bytes are not kept: no table
   * lies in it, and what a program stores is not modelled.
   */
  allocLarge(): Pfn;
  /** Gives a large folio back. @throws KernelBug on one that is not in use. */
  freeLarge(pfn: Pfn): void;
  /** True for a frame of RAM: pfn_valid(). */
  isRam(pfn: Pfn): boolean;
  /** First slot of a frame. */
  slotOfFrame(pfn: Pfn): Slot;
  /** Frame in which a slot lies. */
  frameOfSlot(slot: Slot): Pfn;
  /** The bytes of a frame as the hardware would read them; a view, not a copy. */
  bytes(pfn: Pfn): Uint8Array;
  /** Ends this memory: zeroes what was used and gives it back for another one. */
  release(): Int32Array;
}

/** Large folios of one size in the frames from `from` on. */
function createLargeFolios(from: Pfn, { order, folios }: { order: number; folios: number }) {
  const pages = 2 ** order;
  const start = Math.ceil(from / pages) * pages;
  const end = start + folios * pages;
  const inUse = new Set<Pfn>();
  const freed: Pfn[] = [];
  let nextUnused = start;
  return {
    alloc(): Pfn {
      const pfn = freed.pop() ?? (nextUnused < end ? nextUnused : -1);
      if (pfn === nextUnused) nextUnused += pages;
      if (pfn >= 0) inUse.add(pfn);
      return pfn;
    },
    free(pfn: Pfn): void {
      if (!inUse.delete(pfn)) throw new KernelBug('folio freed twice', 'free_page', { pfn });
      freed.push(pfn);
    },
    holds: (pfn: Pfn): boolean => pfn >= start && pfn < end,
  };
}

/** The frames that are asked for. @throws RangeError when they do not end below 4 GiB. */
function framesOf(options: PhysMemOptions): { basePfn: Pfn; frames: number } {
  const pageSize = 2 ** options.pageShift;
  const basePfn = options.basePfn ?? 0;
  const frames = options.frames ?? 2 ** 28 / pageSize;
  if ((basePfn + frames) * pageSize > 2 ** 32) {
    throw new RangeError(
      `RAM of ${frames} frames of ${pageSize} bytes from frame ${basePfn} on ends above 4 GiB; choose fewer frames`,
    );
  }
  return { basePfn, frames };
}

/** Makes the RAM of a machine. Frame `basePfn` is never handed out, so no table lies at the very start of RAM. */
export function createPhysMem(options: PhysMemOptions): PhysMem {
  const { pageShift } = options;
  const pageSize = 2 ** pageShift;
  const { basePfn, frames } = framesOf(options);
  const slotShift = pageShift - 2;
  const laneCount = frames * 2 ** slotShift;
  const lanes = options.lanes?.length === laneCount ? options.lanes : new Int32Array(laneCount);
  const large = createLargeFolios(basePfn + frames, options.large ?? { order: 0, folios: 0 });
  const inUse = new Uint8Array(frames);
  const freed: number[] = [];
  /** Runs of frames side by side that were given back, by how many they are. */
  const freedRuns = new Map<number, number[]>();
  let nextUnused = 1;
  let used = 0;

  const allocFrame = (): Pfn => {
    let frame: number;
    if (freed.length > 0) {
      frame = freed.pop() as number;
      lanes.fill(0, frame << slotShift, (frame + 1) << slotShift);
    } else if (nextUnused < frames) {
      frame = nextUnused++;
    } else {
      return -1;
    }
    inUse[frame] = 1;
    used++;
    return basePfn + frame;
  };
  const freeFrame = (pfn: Pfn): void => {
    const frame = pfn - basePfn;
    if (inUse[frame] !== 1) throw new KernelBug('frame freed twice', 'free_page', { pfn });
    inUse[frame] = 0;
    used--;
    freed.push(frame);
  };

  const allocFrames = (count: number): Pfn => {
    if (count === 1) return allocFrame();
    const again = freedRuns.get(count)?.pop();
    const first = again ?? nextUnused;
    if (again === undefined) {
      if (nextUnused + count > frames) return -1;
      nextUnused += count;
    }
    lanes.fill(0, first << slotShift, (first + count) << slotShift);
    inUse.fill(1, first, first + count);
    used += count;
    return basePfn + first;
  };
  const freeFrames = (pfn: Pfn, count: number): void => {
    if (count === 1) {
      freeFrame(pfn);
      return;
    }
    const first = pfn - basePfn;
    for (let frame = first; frame < first + count; frame++) {
      if (inUse[frame] !== 1) throw new KernelBug('frame freed twice', 'free_pages', { pfn });
    }
    inUse.fill(0, first, first + count);
    used -= count;
    const runs = freedRuns.get(count);
    if (runs === undefined) freedRuns.set(count, [first]);
    else runs.push(first);
  };

  return {
    pageShift,
    basePfn,
    frames,
    lanes,
    framesInUse: () => used,
    allocFrame,
    freeFrame,
    allocFrames,
    freeFrames,
    allocLarge: large.alloc,
    freeLarge: large.free,
    isRam: (pfn) => (pfn >= basePfn && pfn < basePfn + frames) || large.holds(pfn),
    slotOfFrame: (pfn) => (pfn - basePfn) << slotShift,
    frameOfSlot: (slot) => basePfn + (slot >>> slotShift),
    bytes: (pfn) => new Uint8Array(lanes.buffer, (pfn - basePfn) * pageSize, pageSize),
    release: () => lanes.fill(0, 0, nextUnused << slotShift),
  };
}
