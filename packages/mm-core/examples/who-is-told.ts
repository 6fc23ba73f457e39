import * as core from '@pfnmap/mm-core';

// An address space with one mapping of a device, which a virtual machine monitor watches.
const mm = new core.MmStruct(1, { pgd: 0, pgtables_bytes: 0 });
const vma = new core.VmAreaStruct({
  vm_mm: mm,
  vm_start: 0x7f0000000000,
  vm_end: 0x7f0040000000,
  vm_pgoff: 0,
  vm_flags: core.VM_READ | core.VM_WRITE | core.VM_SHARED | core.VM_PFNMAP | core.VM_IO,
  vm_page_prot: 0x37,
  vm_file: null,
});
mm.link(vma);
mm.notifiers.push({
  invalidate_range_start: ({ reason, start }) =>
    console.log(`told: ${reason} ${start.toString(16)}`),
  invalidate_range_end: () => console.log('told: done'),
});
console.log(`flags: ${core.formatVmFlags(vma.vm_flags)}`);
const events = Object.assign(core.createEventLog(), { recording: true });
const range = { mm, reason: 'CLEAR', start: vma.vm_start, end: vma.vm_end } as const;
core.mmu_notifier_invalidate_range_start(events, range);
core.mmu_notifier_invalidate_range_end(events, range);
for (const event of events.take()) console.log(core.formatEvent(event));
