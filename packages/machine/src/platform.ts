import { alignDown, alignUp } from '@pfnmap/pgtable-core';
import type { Bar } from '@pfnmap/vfio-pci';
import type { VfioType1Options } from '@pfnmap/vfio-type1';

/** Architectures that a machine can be. */
export type MachineArch = 'x86_64' | 'arm64';

const MiB = 2 ** 20;
const GiB = 2 ** 30;

/** What the firmware of an emulated computer decides: where RAM and BARs lie. */
export interface Platform {
  /** Physical start of RAM. */
  readonly ramStart: number;
  /** Physical start of the test device's first BAR, of 256 bytes. */
  readonly bar0Start: number;
  /** Where the firmware puts a 64-bit prefetchable BAR of this size. */
  barStart(size: number): number;
}

/** The end of the 32-bit PCI window of QEMU's q35 and its start, above the ECAM region. */
const Q35_WINDOW = { start: 0xc0000000, end: 0xfebf0000 } as const;

/** QEMU's q35 with SeaBIOS: a BAR lies below 4 GiB, as high as it fits, or else at its own size or at 4 GiB. */
const q35: Platform = {
  ramStart: 0,
  bar0Start: 0xfebf1000,
  barStart(size) {
    const below = alignDown(Q35_WINDOW.end - size, size);
    return below >= Q35_WINDOW.start ? below : alignUp(4 * GiB, size);
  },
};

/** QEMU's virt for arm64: a 64-bit window from 512 GiB on. */
const virt: Platform = {
  ramStart: GiB,
  bar0Start: 0x10000000,
  barStart: (size) => alignUp(512 * GiB, size),
};

/** The emulated computer of an architecture. */
export const platformOf = (arch: MachineArch): Platform => (arch === 'x86_64' ? q35 : virt);

/** The BARs of the test device, an ivshmem: 256 bytes of registers and its memory as BAR 2. */
export function testDeviceBars(platform: Platform, size: number, start: number | undefined): Bar[] {
  const none: Bar = { start: 0, size: 0 };
  return [
    { start: platform.bar0Start, size: 0x100 },
    none,
    { start: start ?? platform.barStart(size), size },
    none,
    none,
    none,
  ];
}

/** What an IOMMU can do: entry sizes, address width, and the windows that interrupts need. */
export const iommuOf = (arch: MachineArch): VfioType1Options => ({
  pageSizes: [4096, 2 * MiB, GiB],
  aperture: arch === 'x86_64' ? 2 ** 39 : 2 ** 48,
  reserved:
    arch === 'x86_64'
      ? [{ start: 0xfee00000, end: 0xfef00000 }]
      : [{ start: 0x8000000, end: 0x8100000 }],
});

/** RAM that the emulated computer has. */
export const RAM_BYTES = GiB;

/** RAM that the model keeps tables and pages in, of the 1 GiB that the computer has. */
export const DEFAULT_RAM_BYTES = 256 * MiB;
