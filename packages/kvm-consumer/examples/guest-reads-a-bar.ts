import { configForRelease, resolveKernel } from '@pfnmap/kconfig';
import { createMachine } from '@pfnmap/machine';

// A guest reads a BAR of 8 GiB at two guest addresses: congruent to the host's modulo 1G, and 2M off.
const GiB = 2 ** 30;
const config = resolveKernel(configForRelease('6.12.117+deb12-amd64'));
const cpu = { arch: 'x86_64', levels: 4, vaBits: 48, pat: true, l1tf: false } as const;
const machine = createMachine({ ...cpu, config, thp: 'always', barBytes: 8 * GiB });
const vmm = machine.spawn();
const bar = { shared: true, file: machine.device.file, offset: 2 * 2 ** 40 };
const userspace_addr = vmm.mmap({ address: 0x7f0000000000, length: 8 * GiB, prot: 3, ...bar });
for (const guest_phys_addr of [8 * GiB, 8 * GiB + 2 ** 21]) {
  const vm = machine.kvm.createVm(vmm.mm);
  const slot = { slot: 0, flags: 0, guest_phys_addr, memory_size: 8 * GiB, userspace_addr };
  machine.kvm.kvm_set_memory_region(vm, slot);
  vm.mmu.access(guest_phys_addr, 'read');
  const [leaf] = vm.mmu.leaves();
  console.log(
    `gpa 0x${guest_phys_addr.toString(16)}: level ${leaf?.level}, entry 0x${leaf?.word.toString(16)}`,
  );
}
