import { EINVAL, type MmStruct } from '@pfnmap/mm-core';
import { MADV } from './madvise.ts';

/** The gates of process_madvise, read once. */
export interface ProcessMadviseGates {
  /** A process may give itself any advice: PROCESS_MADVISE_SELF. */
  readonly anyOnSelf: boolean;
}

/** What may be advised to another process. */
const REMOTE: readonly number[] = [MADV.WILLNEED, MADV.COLD, MADV.PAGEOUT, MADV.COLLAPSE];

/** Makes process_madvise() of a process on itself. */
export function createProcessMadvise(
  pageSize: number,
  gates: ProcessMadviseGates,
  madvise: (mm: MmStruct, start: number, length: number, advice: number) => number,
): (mm: MmStruct, start: number, length: number, advice: number) => number {
  const mostBytes = 2 ** 31 - pageSize;
  /**
   * process_madvise() with one range of the caller's own.
   *
   * @param length bytes; of one range, those up to the last page below 2 GiB count
   * @returns the bytes that were advised; -EINVAL for an advice that is not given this way; errors of madvise().
   * @context as madvise().
   * @fidelity partial one range, and the caller itself
   * @patch none
   */
  return function process_madvise(mm, start, length, advice) {
    if (!gates.anyOnSelf && !REMOTE.includes(advice)) return -EINVAL;
    const advised = Math.min(length, mostBytes);
    const error = madvise(mm, start, advised, advice);
    return error !== 0 ? error : advised;
  };
}
