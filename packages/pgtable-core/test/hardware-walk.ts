import type { ArchPgtable, PgtableLevel, PgtableRoot, PhysMem } from '@pfnmap/pgtable-core';

/** The bits of a table entry that hold the address of the next table, for RAM below 4 GiB. */
const nextTable = (word: bigint, pageShift: number): number =>
  Number((word & 0xffffffffn) >> BigInt(pageShift));

/** True when hardware goes on to a next table: present and not PS on x86, descriptor type 3 on arm64. */
const goesOn = (arch: ArchPgtable, word: bigint): boolean =>
  arch.name === 'x86_64' ? (word & 0x81n) === 1n : (word & 3n) === 3n;

/** Where hardware ends for an address: level and word. It reads bytes of frames, and nothing else of the model. */
export function hardwareWalk(
  arch: ArchPgtable,
  mem: PhysMem,
  root: PgtableRoot,
  address: number,
): { level: number; word: bigint } {
  const { levels, pageShift } = arch.geometry;
  let frame = mem.frameOfSlot(root.pgd);
  for (let level = 4; ; level--) {
    const { folded, shift, entries } = levels[level as PgtableLevel];
    if (folded) continue;
    const index = Number((BigInt(address) >> BigInt(shift)) % BigInt(entries));
    const bytes = mem.bytes(frame);
    const word = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(index * 8, true);
    if (level === 0 || !goesOn(arch, word)) return { level, word };
    frame = nextTable(word, pageShift);
  }
}
