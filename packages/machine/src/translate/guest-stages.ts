import {
  type Gfn,
  KVM_MEM_LOG_DIRTY_PAGES,
  KVM_MEM_READONLY,
  type Kvm,
  type MemorySlot,
} from '@pfnmap/kvm-consumer';
import { alignDown } from '@pfnmap/pgtable-core';
import type { Machine } from '../machine.ts';
import { byteAddress, byteRange, byteSize } from './byte-size.ts';
import { stageOf, type TranslationEnd, type TranslationStage } from './translation.ts';

/**
 * The guest's own stage. The machine's guests run without one: in flat 32-bit protected mode on x86_64, with the MMU off
 * on arm64. So an address is guest-physical as it is.
 */
export function guestStage(machine: Machine, address: number): TranslationStage {
  const stage = { kind: 'guest', input: address } as const;
  if (machine.kernel.arch.name !== 'x86_64') {
    const fact = 'the guest runs with its MMU off (SCTLR_EL1.M = 0): no table, no translation';
    return stageOf({ ...stage, output: address, facts: [fact] });
  }
  const facts = ['the guest runs without paging (CR0.PG = 0): no table, no translation'];
  const output = address % 2 ** 32;
  if (output !== address) facts.push('its addresses have 32 bits: the rest is cut off');
  return stageOf({ ...stage, output, facts });
}

/** KVM's memory slots. */
export function slotStage(
  slot: MemorySlot | undefined,
  gpa: number,
  pageSize: number,
): TranslationStage {
  const stage = { kind: 'slot', input: gpa } as const;
  if (slot === undefined) {
    const why = 'no memory slot holds the address: an access leaves the guest (KVM_EXIT_MMIO)';
    const next = 'KVM_SET_USER_MEMORY_REGION with a slot there';
    return stageOf({ ...stage, end: { level: undefined, why, next } });
  }
  const start = slot.base_gfn * pageSize;
  const size = slot.npages * pageSize;
  const facts = [
    `slot ${slot.id}: guest-physical ${byteRange(start, size)} is host-virtual ${byteRange(slot.userspace_addr, size)}`,
  ];
  if ((slot.flags & KVM_MEM_READONLY) !== 0) facts.push('read-only: writes leave the guest');
  if ((slot.flags & KVM_MEM_LOG_DIRTY_PAGES) !== 0) facts.push('a dirty log is kept: pages only');
  return stageOf({ ...stage, output: slot.userspace_addr + gpa - start, facts });
}

/** Why the leaf of stage 2 is not of the next larger size that the host has page-table levels for. */
function sizeFact(
  machine: Machine,
  vm: Kvm,
  slot: MemorySlot,
  host: TranslationStage,
  gpa: number,
  size: number,
): string | undefined {
  const { levels, pageSize } = machine.kernel.arch.geometry;
  const larger = levels.find((each) => !each.folded && each.size > size && each.level <= 2)?.size;
  if (larger === undefined) return undefined;
  const no = `no entry of ${byteSize(larger)}`;
  if ((slot.flags & KVM_MEM_LOG_DIRTY_PAGES) !== 0) return `${no}: a dirty log is kept`;
  if ((gpa - host.input) % larger !== 0) {
    return `${no}: guest-physical and host-virtual address differ modulo ${byteSize(larger)}`;
  }
  const block = alignDown(gpa, larger) / pageSize;
  const isWithin =
    block >= slot.base_gfn && block + larger / pageSize <= slot.base_gfn + slot.npages;
  if (!isWithin) return `${no}: the ${byteSize(larger)} around it are not all in the slot`;
  if (!vm.mmu.followsHostLeaf) return `${no}: this kernel goes by the file offset of the VMA`;
  if (host.leafSize !== undefined && host.leafSize < larger) {
    return `${no}: the host's entry maps ${byteSize(host.leafSize)}`;
  }
  return undefined;
}

function endOf(
  stage: Pick<TranslationStage, 'entries'>,
  slot: MemorySlot | undefined,
  host: TranslationStage | undefined,
  inReach: boolean,
): TranslationEnd {
  const last = stage.entries.at(-1);
  const level = last?.level;
  if (!inReach) {
    const why = 'the guest has no addresses that high';
    return { level, why, next: 'a lower address' };
  }
  if (slot === undefined) {
    const why =
      last?.kind === 'not present'
        ? 'KVM has marked the address as MMIO'
        : 'nothing is there, since no memory slot is';
    return { level, why, next: 'a slot, then an access of the guest' };
  }
  const why =
    last === undefined
      ? 'there is no table yet: the virtual processor has not run'
      : 'the guest has not accessed it since KVM was last told to drop it';
  const hasHost = host?.output !== undefined;
  const next = hasHost
    ? "an access of the guest: KVM follows the host's entry"
    : "an access of the guest: KVM faults the host's page in, or KVM_RUN fails with EFAULT";
  return { level, why, next };
}

/** KVM's second stage. `host` is the process's page table for the same address, where a slot holds it. */
export function stage2Stage(
  machine: Machine,
  vm: Kvm,
  gpa: number,
  slot: MemorySlot | undefined,
  host: TranslationStage | undefined,
): TranslationStage {
  const { pageSize } = machine.kernel.arch.geometry;
  const gfn: Gfn = Math.floor(gpa / pageSize);
  const entries = vm.mmu.path(gfn);
  const last = entries.at(-1);
  const stage = { kind: 'stage2', input: gpa, entries } as const;
  if (last?.kind !== 'leaf') {
    const inReach = gfn < vm.mmu.guestFrames;
    return stageOf({ ...stage, end: endOf(stage, slot, host, inReach) });
  }
  const output = Number(last.address) + (gpa % last.size);
  const facts: string[] = [];
  const fact = slot && host && sizeFact(machine, vm, slot, host, gpa, last.size);
  if (fact !== undefined) facts.push(fact);
  if (host !== undefined && host.output !== output) {
    const has = host.output === undefined ? 'nothing' : byteAddress(host.output);
    facts.push(`the host's table has ${has} here`);
  }
  return stageOf({ ...stage, output, leafSize: last.size, facts });
}
