/** Which users of swap types are built in. */
export interface SwapTypeOptions {
  /** DEVICE_PRIVATE. */
  readonly devicePrivate: boolean;
  /** MIGRATION. */
  readonly migration: boolean;
  /** MEMORY_FAILURE. */
  readonly memoryFailure: boolean;
  /** Types of device memory: four up to the kernel that joined the two exclusive ones, three since. */
  readonly deviceTypes: 3 | 4;
}

/** Numbers of the swap types; undefined for a type that is not built in. */
export interface SwapTypes {
  /** Ordinary swap areas have the types from 0 up to this one, exclusive. */
  readonly MAX_SWAPFILES: number;
  readonly SWP_HWPOISON: number | undefined;
  readonly SWP_MIGRATION_READ: number | undefined;
  readonly SWP_MIGRATION_READ_EXCLUSIVE: number | undefined;
  readonly SWP_MIGRATION_WRITE: number | undefined;
  readonly SWP_DEVICE_WRITE: number | undefined;
  readonly SWP_DEVICE_READ: number | undefined;
  /** The only exclusive type where there are three device types, else the one for writing. */
  readonly SWP_DEVICE_EXCLUSIVE_WRITE: number | undefined;
  readonly SWP_DEVICE_EXCLUSIVE_READ: number | undefined;
  readonly SWP_PTE_MARKER: number;
}

const MAX_SWAPFILES_SHIFT = 5;

/**
 * Numbers the swap types. The special ones lie at the top of the 32: hardware poison, migration, device memory and
 * last the PTE marker.
 *
 * @fidelity exact
 * @patch none
 */
export function createSwapTypes(options: SwapTypeOptions): SwapTypes {
  const poison = options.memoryFailure ? 1 : 0;
  const migration = options.migration ? 3 : 0;
  const device = options.devicePrivate ? options.deviceTypes : 0;
  const MAX_SWAPFILES = 2 ** MAX_SWAPFILES_SHIFT - poison - migration - device - 1;
  const firstMigration = MAX_SWAPFILES + poison;
  const firstDevice = firstMigration + migration;
  const ifBuilt = (built: boolean, type: number): number | undefined => (built ? type : undefined);
  return {
    MAX_SWAPFILES,
    SWP_HWPOISON: ifBuilt(options.memoryFailure, MAX_SWAPFILES),
    SWP_MIGRATION_READ: ifBuilt(options.migration, firstMigration),
    SWP_MIGRATION_READ_EXCLUSIVE: ifBuilt(options.migration, firstMigration + 1),
    SWP_MIGRATION_WRITE: ifBuilt(options.migration, firstMigration + 2),
    SWP_DEVICE_WRITE: ifBuilt(options.devicePrivate, firstDevice),
    SWP_DEVICE_READ: ifBuilt(options.devicePrivate, firstDevice + 1),
    SWP_DEVICE_EXCLUSIVE_WRITE: ifBuilt(options.devicePrivate, firstDevice + 2),
    SWP_DEVICE_EXCLUSIVE_READ: ifBuilt(device === 4, firstDevice + 3),
    SWP_PTE_MARKER: firstDevice + device,
  };
}

/** Offset bit of a PTE marker: userfaultfd write-protect. */
export const PTE_MARKER_UFFD_WP = 1;
/** Offset bit of a PTE marker: the page is poisoned. */
export const PTE_MARKER_POISONED = 2;
/** Offset bit of a PTE marker: a guard region; not known to Linux 6.12. */
export const PTE_MARKER_GUARD = 4;
