import { LabError } from '../errors.ts';
import type { LabTarget } from '../target/target.ts';
import type { PrivateApt } from './apt.ts';

/** A package name of the target table with the release put in. */
export function packageName(pattern: string, release: string): string {
  return pattern.replace('{release}', release);
}

/** Orders releases such as `6.12.99+deb12` and `6.12.117+deb12` by their numbers. */
export function compareReleases(a: string, b: string): number {
  const numbers = (release: string) => (release.match(/\d+/g) ?? []).map(Number);
  const [left, right] = [numbers(a), numbers(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? -1) - (right[i] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The releases of a target among package names, oldest first. */
export function releasesIn(names: readonly string[], target: LabTarget): string[] {
  const [before, after] = target.packages.headers.split('{release}') as [string, string];
  return names
    .filter((name) => name.startsWith(before) && name.endsWith(after))
    .map((name) => name.slice(before.length, name.length - after.length))
    .filter((release) => new RegExp(`^(?:${target.packages.release.source})$`).test(release))
    .sort(compareReleases);
}

/**
 * The release of a target to take: the one asked for, else the newest in the index.
 * Throws `no-package` where there is none.
 */
export async function resolveRelease(
  apt: PrivateApt,
  target: LabTarget,
  wanted?: string,
): Promise<string> {
  const prefix = target.packages.headers.split('{release}')[0]!;
  const releases = releasesIn(await apt.names(prefix), target);
  const release = wanted === undefined ? releases.at(-1) : releases.find((name) => name === wanted);
  if (release !== undefined) return release;
  throw new LabError(
    'no-package',
    `Debian ${target.suite} has no ${packageName(target.packages.headers, wanted ?? 'RELEASE')}.`,
    releases.length > 0
      ? `Its releases are ${releases.join(', ')}.`
      : 'Give a mirror that carries it, or a kernel of your own.',
  );
}
