import { type MmStruct, VM_EXEC, VM_READ, VM_WRITE, type VmAreaStruct } from '@pfnmap/mm-core';
import { alignDown, loOfWord, type WalkedEntry } from '@pfnmap/pgtable-core';
import type { Machine } from '../machine.ts';
import { byteAddress, byteRange, byteSize } from './byte-size.ts';
import { stageOf, type TranslationEnd, type TranslationStage } from './translation.ts';

function vmaFact(vma: VmAreaStruct, pageSize: number): string {
  const rights = [
    (vma.vm_flags & VM_READ) === 0 ? '-' : 'r',
    (vma.vm_flags & VM_WRITE) === 0 ? '-' : 'w',
    (vma.vm_flags & VM_EXEC) === 0 ? '-' : 'x',
  ].join('');
  const range = `VMA ${byteRange(vma.vm_start, vma.vm_end - vma.vm_start)} ${rights}`;
  if (vma.vm_file === null) return `${range}, anonymous memory`;
  return `${range} of ${vma.vm_file.name}, file offset ${byteAddress(vma.vm_pgoff * pageSize)}`;
}

/** Why the leaf is not of the next larger size; undefined where there is none, or nothing to say. */
function sizeFact(
  { kernel }: Machine,
  vma: VmAreaStruct,
  address: number,
  physical: number,
  size: number,
): string | undefined {
  const { arch } = kernel;
  const { levels } = arch.geometry;
  const level = levels.findIndex((each) => !each.folded && each.size > size);
  if (vma.vm_file === null || (level !== 1 && level !== 2)) return undefined;
  const larger = levels[level].size;
  const no = `no entry of ${byteSize(larger)}`;
  if (!(level === 1 ? arch.hasPmdThp : arch.hasPudThp)) return `${no}: this kernel has none`;
  if ((address - physical) % larger !== 0) {
    return `${no}: virtual and physical address differ modulo ${byteSize(larger)}`;
  }
  const start = alignDown(address, larger);
  if (start < vma.vm_start || start + larger > vma.vm_end) {
    return `${no}: the ${byteSize(larger)} around it are not all in the VMA`;
  }
  return `alignment allows ${byteSize(larger)}: smaller entries were there first, or were asked for`;
}

function endOf(machine: Machine, vma: VmAreaStruct | null, last: WalkedEntry): TranslationEnd {
  const { level } = last;
  if (vma === null) {
    const why = 'no VMA holds the address: an access gets SIGSEGV';
    return { level, why, next: 'mmap() of something there' };
  }
  if ((vma.vm_flags & (VM_READ | VM_WRITE | VM_EXEC)) === 0) {
    return { level, why: 'the VMA allows no access (PROT_NONE)', next: 'mprotect()' };
  }
  if (vma.vm_file === machine.device.file && !machine.device.memoryEnabled()) {
    const why = 'memory decoding of the device is off, its mappings were taken down: SIGBUS';
    return { level, why, next: 'a write of the command register with bit 1 set, then an access' };
  }
  const why = 'the VMA is there, its entry is not: not accessed yet, or taken down since';
  return { level, why, next: 'an access: the fault asks the owner of the VMA for an entry' };
}

/** A process's page table. */
export function hostStage(machine: Machine, mm: MmStruct, address: number): TranslationStage {
  const { pt, arch } = machine.kernel;
  const stage = { kind: 'host', input: address } as const;
  if (address >= machine.kernel.taskSize) {
    const why = `user addresses end at ${byteAddress(machine.kernel.taskSize)}`;
    return stageOf({ ...stage, end: { level: undefined, why, next: 'a lower address' } });
  }
  const entries = pt.path(mm, address);
  const last = entries[entries.length - 1] as WalkedEntry;
  const vma = mm.vma_lookup(address);
  const facts = vma === null ? [] : [vmaFact(vma, arch.geometry.pageSize)];
  const usable = last.kind === 'leaf' && (loOfWord(last.word) & arch.format.validMask) !== 0;
  if (!usable) return stageOf({ ...stage, entries, facts, end: endOf(machine, vma, last) });
  const output = Number(last.address) + (address % last.size);
  const fact = vma === null ? undefined : sizeFact(machine, vma, address, output, last.size);
  if (fact !== undefined) facts.push(fact);
  return stageOf({ ...stage, output, entries, leafSize: last.size, facts });
}
