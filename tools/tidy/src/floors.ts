/**
 * Positions of the packages, lowest first. A package imports only from lines above its own.
 *
 * Floors 0 to 6 of ARCHITECTURE.md take one line each, except where packages of one floor need each
 * other: those take a line of their own, and so become sub-floors.
 */
export const floors: readonly (readonly string[])[] = [
  // floor 0
  ['kconfig'],
  // floor 1
  ['pgtable-core'],
  // floor 2
  ['arch-x86', 'arch-arm64', 'arch-s390', 'mm-core'],
  // floor 3
  ['mm-huge'],
  ['mm-memory'],
  ['mm-pagewalk'],
  ['mm-mmap'],
  ['mm-gup'],
  ['mm-fork'],
  ['follow-pfnmap'],
  // floor 4
  [
    'vfio-pci',
    'vfio-type1',
    'kvm-consumer',
    'x86-pat',
    's390-pci-mmio',
    'acrn',
    'access-process-vm',
  ],
  // floor 5
  ['machine'],
  // floor 6
  ['scenario'],
  ['series'],
];

/** Packages that may import an architecture; tests and tools may as well. */
export const importsArchitectures: readonly string[] = ['machine'];

/** Packages that stand for one state of all packages: they depend on exact versions, also of what they do not import. */
export const pinsExactVersions: readonly string[] = ['series'];

/** Packages whose subject is an architecture, or data that names one. All others are generic code. */
export const namesArchitectures: readonly string[] = [
  'kconfig',
  'arch-x86',
  'arch-arm64',
  'arch-s390',
  'kvm-consumer',
  'x86-pat',
  's390-pci-mmio',
  'machine',
  'scenario',
  'series',
];

/** Packages that may read a gate anywhere: the one that defines gates, the driver that tests them itself, and the one that asks for them. */
export const readsGatesAnywhere: readonly string[] = ['kconfig', 'vfio-pci', 'series'];
