export { createFollowApi, type FollowApi } from './create-follow-api.ts';
export { type FixupResult, vm_fault_to_errno } from './fixup-user-fault.ts';
export type { FollowPfnmap } from './follow-pfnmap.ts';
export { FollowPfnmapArgs, UseAfterEndError } from './follow-pfnmap-args.ts';
export type { FollowPte } from './follow-pte.ts';
export type { LeafLevel } from './leaf-level.ts';
