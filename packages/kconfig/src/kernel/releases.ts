import { type DotConfig, parseDotConfig } from '../dot-config.ts';
import { UnknownKernelError } from '../errors.ts';
import { didYouMean } from '../nearest-name.ts';
import { config_6_12_117_deb12_amd64 } from './dot-configs/6.12.117-deb12-amd64.ts';
import { config_6_12_117_deb12_arm64 } from './dot-configs/6.12.117-deb12-arm64.ts';
import { config_6_12_117_deb12_arm64_16k } from './dot-configs/6.12.117-deb12-arm64-16k.ts';
import { config_6_12_117_deb12_rt_amd64 } from './dot-configs/6.12.117-deb12-rt-amd64.ts';
import { config_7_3_4_deb13_amd64 } from './dot-configs/7.3.4-deb13-amd64.ts';
import { config_7_3_4_deb13_arm64 } from './dot-configs/7.3.4-deb13-arm64.ts';

/** A kernel of a distribution: what {@link resolveKernel} needs to know of it. */
export interface KernelRelease {
  /** What `uname -r` says there. */
  readonly release: string;
  readonly profile: string;
  readonly arch: string;
  /** The lines of its `.config` that the rules know. */
  readonly dotConfig: DotConfig;
}

interface ReleaseText {
  readonly release: string;
  readonly profile: string;
  readonly arch: string;
  readonly text: string;
}

const releases: readonly ReleaseText[] = [
  {
    release: '6.12.117+deb12-amd64',
    profile: '6.12.117',
    arch: 'x86',
    text: config_6_12_117_deb12_amd64,
  },
  {
    release: '6.12.117+deb12-rt-amd64',
    profile: '6.12.117',
    arch: 'x86',
    text: config_6_12_117_deb12_rt_amd64,
  },
  {
    release: '6.12.117+deb12-arm64',
    profile: '6.12.117',
    arch: 'arm64',
    text: config_6_12_117_deb12_arm64,
  },
  {
    release: '6.12.117+deb12-arm64-16k',
    profile: '6.12.117',
    arch: 'arm64',
    text: config_6_12_117_deb12_arm64_16k,
  },
  { release: '7.3.4+deb13-amd64', profile: '7.3', arch: 'x86', text: config_7_3_4_deb13_amd64 },
  { release: '7.3.4+deb13-arm64', profile: '7.3', arch: 'arm64', text: config_7_3_4_deb13_arm64 },
];

const parsed = /* @__PURE__ */ new Map<string, KernelRelease>();

/** The releases that {@link configForRelease} knows. */
export function knownReleases(): readonly string[] {
  return releases.map(({ release }) => release);
}

/**
 * What is known of a kernel by its release string, ready for {@link resolveKernel}.
 *
 * @param release what `uname -r` says: `6.12.117+deb12-amd64`
 * @throws UnknownKernelError that lists the known releases
 */
export function configForRelease(release: string): KernelRelease {
  const known = parsed.get(release);
  if (known !== undefined) return known;
  const found = releases.find((entry) => entry.release === release);
  if (found === undefined) {
    const names = knownReleases();
    const advice = didYouMean(release, names);
    throw new UnknownKernelError(
      release,
      names,
      `there is no data about the kernel "${release}"; ${advice === '' ? '' : `${advice} `}known are ` +
        `${names.join(', ')}; for any other, parse its /boot/config file and name a profile`,
    );
  }
  const { profile, arch, text } = found;
  const dotConfig = parseDotConfig(text, `excerpt of config-${release}`);
  const entry = Object.freeze({ release, profile, arch, dotConfig });
  parsed.set(release, entry);
  return entry;
}
