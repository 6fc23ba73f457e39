import { createMachine, type Machine, type MachineOptions, type Process } from '@pfnmap/machine';
import { cpuOptions, kernelNamed } from '@pfnmap/scenario';

export const GiB = 2 ** 30;
export const BAR_BYTES = 8 * GiB;
/** Where BARs are mapped: a multiple of 1 GiB. */
export const VA = 0x7f0000000000;
/** Address of BAR 2 in the file of a vfio-pci device. */
const BAR2_OFFSET = 2 * 2 ** 40;

/** A computer with a device whose BAR 2 has so many bytes. */
export function machineWithBar(
  arch: MachineOptions['arch'],
  kernel: string,
  barBytes = BAR_BYTES,
): Machine {
  const { config } = kernelNamed(arch, kernel);
  return createMachine({ arch, ...cpuOptions(arch), config, thp: 'always', barBytes });
}

/** Maps the BAR so many bytes past a gigabyte, which decides the size of its entries; its address. */
export function mapBar(
  machine: Machine,
  process: Process,
  phase: number,
  bytes = BAR_BYTES,
): number {
  const { file } = machine.device;
  const bar = { length: bytes, prot: 3, shared: true, file, offset: BAR2_OFFSET };
  const address = process.mmap({ address: VA + phase, ...bar });
  if (address !== VA + phase) throw new Error(`mmap answered ${address}`);
  return address;
}

/** Nanoseconds that some work takes. */
export function nanoseconds(work: () => void): number {
  const start = performance.now();
  work();
  return (performance.now() - start) * 1e6;
}

/** For work whose result is known. */
export function expectZero(what: string, result: number): void {
  if (result !== 0) throw new Error(`${what} answered ${result}`);
}
