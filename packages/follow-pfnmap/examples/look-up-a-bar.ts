import { createFollowApi, FollowPfnmapArgs } from '@pfnmap/follow-pfnmap';
import { configForRelease, resolveKernel } from '@pfnmap/kconfig';
import { createMachine } from '@pfnmap/machine';

const config = resolveKernel(configForRelease('7.3.4+deb13-amd64'));
const cpu = { arch: 'x86_64', levels: 4, vaBits: 48, pat: true, l1tf: false } as const;
const machine = createMachine({ ...cpu, config, thp: 'always', barBytes: 2 ** 33 });
const process = machine.spawn();
const { file } = machine.device;
const map = { address: 0x7f0000000000, length: 2 ** 30, prot: 3, shared: true };
process.mmap({ ...map, file, offset: 2 * 2 ** 40 });

const { pfnmap, fixup_user_fault } = createFollowApi(machine.kernel, machine.layers.memory);
const args = new FollowPfnmapArgs(process.mm.vmas[0]!, map.address + 0x12345678);
console.log(`before the fault: ${pfnmap?.follow_pfnmap_start(args)}`);
fixup_user_fault(process.mm, args.address, 0, true);
console.log(`after it: ${pfnmap?.follow_pfnmap_start(args)}`);
console.log(`pfn 0x${args.pfn.toString(16)} of a leaf of ${args.leafSize} bytes`);
pfnmap?.follow_pfnmap_end(args);
try {
  console.log(args.pfn);
} catch (error) {
  console.log((error as Error).name);
}
