import type { MmioServices } from './mmio-services.ts';

/** A machine without MIO whose PCI memory, and the buffers of a program, are plain bytes by address. Unset bytes are 0. */
export interface ZpciBytes extends MmioServices {
  readonly io: Map<bigint, number>;
  readonly user: Map<number, number>;
}

/** Makes one. No access fails. */
export function createZpciBytes(): ZpciBytes {
  const io = new Map<bigint, number>();
  const user = new Map<number, number>();
  return {
    io,
    user,
    zpci_is_enabled: () => true,
    mio: undefined,
    kmalloc: () => true,
    copy_from_user: (_mm, address, bytes) =>
      Uint8Array.from({ length: bytes }, (_, index) => user.get(address + index) ?? 0),
    copy_to_user: (_mm, address, bytes) => {
      for (const [index, byte] of bytes.entries()) user.set(address + index, byte);
      return true;
    },
    zpci_memcpy_toio: (ioAddress, bytes) => {
      for (const [index, byte] of bytes.entries()) io.set(ioAddress + BigInt(index), byte);
      return 0;
    },
    zpci_memcpy_fromio: (ioAddress, bytes) =>
      Uint8Array.from({ length: bytes }, (_, index) => io.get(ioAddress + BigInt(index)) ?? 0),
  };
}
