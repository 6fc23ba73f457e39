import type { Gfn } from './memory-slot.ts';

/** Stands for "no range yet": INVALID_GPA. */
const INVALID_GPA = -1;

/**
 * How a fault finds out that the host's page tables changed under it. An invalidation is counted while it runs and
 * numbered when it ends; a fault remembers the number before it looks a frame up and asks again, under mmu_lock, before
 * it uses the frame.
 */
export class Invalidation {
  /** Invalidations that run now. */
  mmu_invalidate_in_progress = 0;
  /** Invalidations that have ended. */
  mmu_invalidate_seq = 0;
  /** Guest frames [start, end) that the running ones cover: their union, until none runs. -1 for none yet. */
  mmu_invalidate_range_start = INVALID_GPA;
  mmu_invalidate_range_end = INVALID_GPA;
  /** Notifier calls between start and end, whether or not they meet a slot. Slots do not change meanwhile. */
  mn_active_invalidate_count = 0;

  /**
   * An invalidation that meets a slot begins.
   *
   * @context mmu_lock held for writing.
   * @fidelity exact
   * @patch none
   */
  kvm_mmu_invalidate_begin(): void {
    this.mmu_invalidate_in_progress++;
    if (this.mmu_invalidate_in_progress === 1) {
      this.mmu_invalidate_range_start = INVALID_GPA;
      this.mmu_invalidate_range_end = INVALID_GPA;
    }
  }

  /**
   * Adds guest frames to what the running invalidations cover.
   *
   * @context mmu_lock held for writing.
   * @fidelity exact
   * @patch none
   */
  kvm_mmu_invalidate_range_add(start: Gfn, end: Gfn): void {
    if (this.mmu_invalidate_range_start === INVALID_GPA) {
      this.mmu_invalidate_range_start = start;
      this.mmu_invalidate_range_end = end;
      return;
    }
    this.mmu_invalidate_range_start = Math.min(this.mmu_invalidate_range_start, start);
    this.mmu_invalidate_range_end = Math.max(this.mmu_invalidate_range_end, end);
  }

  /**
   * An invalidation has ended: the number goes up before the count goes down, so that a fault sees one or the other.
   *
   * @context mmu_lock held for writing.
   * @fidelity exact
   * @patch none
   */
  kvm_mmu_invalidate_end(): void {
    this.mmu_invalidate_seq++;
    this.mmu_invalidate_in_progress--;
  }

  /**
   * True when a fault that remembered `mmu_seq` must start over, whatever it was about.
   *
   * @context mmu_lock held.
   * @fidelity exact
   * @patch none
   */
  mmu_invalidate_retry(mmu_seq: number): boolean {
    return this.mmu_invalidate_in_progress !== 0 || this.mmu_invalidate_seq !== mmu_seq;
  }

  /**
   * The same for one guest frame: a running invalidation counts only when it covers the frame.
   *
   * @context mmu_lock held, or not, for an early look.
   * @fidelity exact
   * @patch none
   */
  mmu_invalidate_retry_gfn(mmu_seq: number, gfn: Gfn): boolean {
    if (
      this.mmu_invalidate_in_progress !== 0 &&
      gfn >= this.mmu_invalidate_range_start &&
      gfn < this.mmu_invalidate_range_end
    ) {
      return true;
    }
    return this.mmu_invalidate_seq !== mmu_seq;
  }
}
