import type { KernelEvent } from '@pfnmap/mm-core';

/** Somebody runs whole at a race point and needs a lock that the path there holds: on a real kernel it waits. */
export class NeedsHeldLock extends Error {}

type LockEvent = Extract<KernelEvent, { kind: 'lock' }>;

interface Held {
  readonly base: string;
  readonly shared: boolean;
  readonly mm: number;
}

const READ = ' (read)';

function heldBy({ lock, mm }: LockEvent): Held {
  const shared = lock.endsWith(READ);
  return { base: lock.replace(/ \((read|write)\)$/, ''), shared, mm };
}

/** Who writes an mm's VMAs holds mmap_lock for writing and waits for every VMA lock: a VMA lock stands for a shared one. */
const baseOf = ({ base }: Held): string => (base === 'VMA lock' ? 'mmap_lock' : base);

const excludes = (a: Held, b: Held): boolean =>
  a.mm === b.mm && baseOf(a) === baseOf(b) && !(a.shared && b.shared);

/**
 * The locks that the paths of a machine hold, from their recorded events. A page-table lock is known by its kind and mm, so
 * the locks of two tables count as one: that leaves schedules out, and lets none in.
 */
export class HeldLocks {
  private held: Held[] = [];
  /** The locks of the path that stands at a race point, while somebody else runs. */
  private outer: readonly Held[] = [];

  /** Names of the locks that are held. */
  get names(): string[] {
    return this.held.map(({ base, shared }) => (shared ? `${base}${READ}` : base));
  }

  /** Runs somebody else while the path stands still. @throws NeedsHeldLock */
  runOther(other: () => void): void {
    const before = [...this.held];
    this.outer = before;
    try {
      other();
    } finally {
      this.outer = [];
      this.held = before;
    }
  }

  /** Hears of an event. @throws NeedsHeldLock when a lock is taken that the path at the race point holds. */
  saw(event: KernelEvent): void {
    if (event.kind !== 'lock') return;
    const lock = heldBy(event);
    if (event.action === 'acquire') {
      if (this.outer.some((held) => excludes(held, lock))) throw new NeedsHeldLock(event.lock);
      this.held.push(lock);
      return;
    }
    const at = this.held.findLastIndex(
      ({ base, mm, shared }) => base === lock.base && mm === lock.mm && shared === lock.shared,
    );
    if (at >= 0) this.held.splice(at, 1);
  }
}
