import type { MachineArch } from '@pfnmap/machine';
import type { Asked } from './computer.ts';

/** A question of the replay table: the same to every kernel, so that its answers tell the kernels apart. */
export interface ReplayQuestion {
  /** `Q1` … `Q22`. */
  readonly id: string;
  readonly title: string;
  /** The architectures on which it makes sense. */
  readonly archs: readonly MachineArch[];
  /** Asks a kernel; the answer in a few words. */
  ask(asked: Asked): string;
}

/** Yes or no, as the table writes it. */
export const yesNo = (yes: boolean): string => (yes ? 'yes' : 'no');
