/** Intel CPU models of QEMU that lack RDCL_NO, so that the kernel guards against the L1 terminal fault. */
const WITH_L1TF = [
  'Broadwell',
  'Conroe',
  'Haswell',
  'IvyBridge',
  'Nehalem',
  'Penryn',
  'SandyBridge',
  'Skylake',
  'Westmere',
];

/** True when a CPU model, named as QEMU names it, has the L1 terminal fault. */
export const cpuHasL1tf = (model: string | undefined): boolean =>
  model !== undefined && WITH_L1TF.some((name) => model.startsWith(name));
