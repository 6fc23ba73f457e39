import type { MachineArch } from '@pfnmap/machine';

/** A defect of the series as posted, or of what it meets, that random runs must find. */
export interface Defect {
  readonly id: string;
  readonly title: string;
  /** The symbol of its repair. */
  readonly fix: string;
  /** Repairs on which that one rests; they are in on both sides. */
  readonly needs: readonly string[];
  /** `program`: one program finds it; `race`: two must meet. */
  readonly kind: 'program' | 'race';
  readonly archs: readonly MachineArch[];
}

const BOTH: readonly MachineArch[] = ['x86_64', 'arm64'];
const X86: readonly MachineArch[] = ['x86_64'];

/** The defects, those of single programs first. */
export const DEFECTS: readonly Defect[] = [
  {
    id: 'F1',
    title: 'fork takes a migration entry for a special one',
    fix: 'FIX_PMD_SPECIAL_PRESENT',
    needs: [],
    kind: 'program',
    archs: X86,
  },
  {
    id: 'F3',
    title: 'vfio-pci maps an unaligned PFN with a huge entry',
    fix: 'FIX_VFIO_PFN_ALIGNED',
    needs: [],
    kind: 'program',
    archs: BOTH,
  },
  {
    id: 'F4',
    title: 'vfio-pci maps huge only where the first touch is aligned',
    fix: 'FIX_VFIO_ALIGN_TO_ORDER',
    needs: ['FIX_VFIO_PFN_ALIGNED'],
    kind: 'program',
    archs: BOTH,
  },
  {
    id: 'H3',
    title: 'a VMA is split inside a PUD leaf, which is read as a table',
    fix: 'FIX_SPLIT_VMA_PUD_LEAF',
    needs: [],
    kind: 'program',
    archs: X86,
  },
  {
    id: 'F8',
    title: 'follow_pfnmap_start() tells what it read before the lock',
    fix: 'FIX_FOLLOW_PFNMAP_REREAD',
    needs: [],
    kind: 'race',
    archs: BOTH,
  },
  {
    id: 'F9',
    title: 'a page walk reads a PUD leaf that came back as a table',
    fix: 'FIX_PAGEWALK_PUD_REFAULT',
    needs: [],
    kind: 'race',
    archs: X86,
  },
  {
    id: 'F10',
    title: 'a DMA map that meets a zap fails with EINVAL',
    fix: 'FIX_VFIO_DMA_RETRY',
    needs: ['FIX_FOLLOW_PFNMAP_REREAD'],
    kind: 'race',
    archs: BOTH,
  },
  {
    id: 'H1',
    title: 'fork copies a PMD leaf that the device has taken down',
    fix: 'FIX_COPY_HUGE_PMD_REREAD',
    needs: ['FIX_PMD_SPECIAL_PRESENT'],
    kind: 'race',
    archs: BOTH,
  },
  {
    id: 'KVM',
    title: "a guest's access that meets a zap fails with EFAULT",
    fix: 'FIX_KVM_REMAPPED_RETRY',
    needs: ['FIX_FOLLOW_PFNMAP_REREAD'],
    kind: 'race',
    archs: BOTH,
  },
];

/** The series as it was posted. */
export const POSTED = 'posted-19';

/** Every repair of the list: the kernel in which nothing may be found. */
export const ALL_FIXES: readonly string[] = DEFECTS.flatMap(({ needs, fix }) => [
  ...needs,
  fix,
]).filter((symbol, at, all) => all.indexOf(symbol) === at);
