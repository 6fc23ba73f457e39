import { KEYRING } from '../debian/apt.ts';
import { namespaceArgs } from '../debian/build-root.ts';
import { findSuite } from '../debian/suite.ts';
import type { Host } from '../host/host.ts';
import type { LabTarget } from '../target/target.ts';

/** Something the host must have, and how it gets it. */
export interface Requirement {
  readonly kind: 'tool' | 'file' | 'privilege' | 'disk';
  /** `dpkg-deb`, `1.5 GB of disk`. */
  readonly what: string;
  readonly why: string;
  readonly met: boolean;
  /** The Debian package that brings it, if one does. */
  readonly package?: string;
  /** Of a disk: how much is needed. */
  readonly bytes?: number;
  /** The command, or the sentence, that mends it. */
  readonly fix: string;
}

/** Bytes one target takes besides the build system of its suite, at the worst moment. */
const TARGET_BYTES = 700_000_000;
/** Bytes an emulator takes that is not installed, downloads included. */
const EMULATOR_BYTES = 300_000_000;

function tool(host: Host, command: string, packageName: string, why: string): Requirement {
  return {
    kind: 'tool',
    what: command,
    why,
    met: host.find(command) !== undefined,
    package: packageName,
    fix: `apt-get install ${packageName}`,
  };
}

/** What setting a target up and running it asks of the host. */
export async function hostRequirements(
  host: Host,
  target: LabTarget,
  options: { cacheDir: string; rootThere: boolean; emulatorThere: boolean },
): Promise<Requirement[]> {
  const needed =
    TARGET_BYTES +
    (options.emulatorThere ? 0 : EMULATOR_BYTES) +
    (options.rootThere ? 0 : findSuite(target.suite).diskBytes);
  return [
    tool(
      host,
      'apt-get',
      'apt',
      'fetches the kernel; the lab needs a Debian or one of its relatives',
    ),
    tool(host, 'dpkg-deb', 'dpkg', 'unpacks packages'),
    tool(host, 'tar', 'tar', 'unpacks packages'),
    tool(host, 'xz', 'xz-utils', 'decompresses kernel modules'),
    {
      kind: 'file',
      what: KEYRING,
      why: 'the keys that sign Debian’s packages',
      met: host.exists(KEYRING),
      package: 'debian-archive-keyring',
      fix: 'apt-get install debian-archive-keyring',
    },
    await privilege(host),
    {
      kind: 'disk',
      what: `${(needed / 1e9).toFixed(1)} GB of free disk for ${options.cacheDir}`,
      why: 'packages, the build system and the kernel',
      met: host.freeBytes(options.cacheDir) >= needed,
      bytes: needed,
      fix: 'Free some space, or set PFNMAP_LAB_DIR to a folder on a larger disk.',
    },
  ];
}

/** The guest is built in a root folder of its own, with /dev and /proc mounted where no one else sees it. */
async function privilege(host: Host): Promise<Requirement> {
  const probe = await host.exec('unshare', [...namespaceArgs(host), 'true']);
  return {
    kind: 'privilege',
    what: host.isRoot ? 'mount namespaces' : 'user namespaces',
    why: 'the guest is built in a small Debian of its own',
    met: probe.code === 0,
    fix: host.isRoot
      ? 'Allow them: in a container, start it with --cap-add=SYS_ADMIN --security-opt apparmor=unconfined.'
      : 'Allow them: sysctl -w kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0; or run it as root.',
  };
}
