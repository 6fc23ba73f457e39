import { type ArchS390, createArchS390, type S390Levels } from '@pfnmap/arch-s390';
import { resolveKernel } from '@pfnmap/kconfig';

/** Profiles that the model is compared with. */
export const PROFILES = ['6.12.117', '7.3'] as const;
export type Profile = (typeof PROFILES)[number];

/** What a distribution's kernel has on, of what the package asks for. */
const PACKAGED = [
  'TRANSPARENT_HUGEPAGE',
  'PROC_FS',
  'CHECKPOINT_RESTORE',
  'MEM_SOFT_DIRTY',
] as const;

/** s390 as a kernel of a profile, or with some of its options off. */
export function s390(
  profile: Profile = '6.12.117',
  without: readonly string[] = [],
  levels: S390Levels = 3,
): ArchS390 {
  const on = PACKAGED.filter((symbol) => !without.includes(symbol));
  return createArchS390({
    config: resolveKernel({ profile, arch: 's390', with: on, without }),
    levels,
  });
}
