import type { MmStruct } from '@pfnmap/mm-core';

/** What the system calls need from the machine and from the program's memory. */
export interface MmioServices {
  /** zpci_is_enabled(): the machine has PCI, and the kernel uses it. */
  zpci_is_enabled(): boolean;
  /**
   * The machine's MIO instructions, which access PCI memory by the program's own address; undefined on a machine without.
   * 0, or a negative error number.
   */
  readonly mio: MioInstructions | undefined;
  /** kmalloc() of a buffer larger than the 64 bytes on the stack: false without memory. */
  kmalloc(bytes: number): boolean;
  /** Bytes of the program's memory, or undefined when they cannot be read. */
  copy_from_user(mm: MmStruct, address: number, bytes: number): Uint8Array | undefined;
  /** True when all bytes were written to the program's memory. */
  copy_to_user(mm: MmStruct, address: number, bytes: Uint8Array): boolean;
  /** Stores to PCI memory at an address of the iomap: 0, or a negative error number. */
  zpci_memcpy_toio(ioAddress: bigint, bytes: Uint8Array): number;
  /** Loads from PCI memory: the bytes, or a negative error number. */
  zpci_memcpy_fromio(ioAddress: bigint, bytes: number): Uint8Array | number;
}

/** Copies between two addresses of a program of which the first is PCI memory: 0, or a negative error number. */
export interface MioInstructions {
  memcpy_toio_inuser(mm: MmStruct, ioAddress: number, from: number, bytes: number): number;
  memcpy_fromio_inuser(mm: MmStruct, to: number, ioAddress: number, bytes: number): number;
}
