/** Why KVM_RUN came back: run->exit_reason. */
export const KVM_EXIT_UNKNOWN = 0;
export const KVM_EXIT_HLT = 5;
export const KVM_EXIT_MMIO = 6;
export const KVM_EXIT_INTERNAL_ERROR = 17;

/** What the guest does with memory. */
export type AccessKind = 'read' | 'write' | 'exec';

/**
 * How one access of the guest ended: {@link ACCESS_DONE}, an exit to user space, or a negative error number that KVM_RUN
 * returns.
 */
export type AccessResult = number;

/** The guest goes on with its next instruction. */
export const ACCESS_DONE = 0;

/** What a guest fault came to, inside KVM: RET_PF_*. Negative values are error numbers. */
export const RET_PF_CONTINUE = 0;
export const RET_PF_RETRY = 1;
export const RET_PF_EMULATE = 2;
export const RET_PF_INVALID = 3;
export const RET_PF_FIXED = 4;
export const RET_PF_SPURIOUS = 5;

const RET_PF_NAMES = ['CONTINUE', 'RETRY', 'EMULATE', 'INVALID', 'FIXED', 'SPURIOUS'];

/** Names a RET_PF_* value; error numbers stay numbers. */
export const formatRetPf = (ret: number): string =>
  ret >= 0 && ret < RET_PF_NAMES.length ? `RET_PF_${RET_PF_NAMES[ret]}` : String(ret);

/** -ENOEXEC: the guest fetches instructions from device memory. */
export const ENOEXEC = 8;
