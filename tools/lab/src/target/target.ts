/** The processor families of the lab, as `uname -m` of x86 and the Linux tree of Arm spell them. */
export type LabArch = 'x86_64' | 'arm64';

/** The Debian packages a target is made of. `{release}` stands for the release, `6.12.117+deb12`. */
export interface TargetPackages {
  /** Matches a release between the prefix and the suffix of `headers`. */
  readonly release: RegExp;
  /** Headers of the flavour; the newest one decides the release. */
  readonly headers: string;
  /** Where the kernel image and its modules are. */
  readonly kernel: readonly string[];
  /** Headers all flavours of the build machine's architecture share, and the build programs. */
  readonly build: readonly string[];
}

/** The emulator that boots the target. */
export interface TargetEmulator {
  readonly command: string;
  /** The Debian package that holds the command. */
  readonly package: string;
  /** The serial port the kernel calls its console. */
  readonly console: string;
}

/** A kernel the lab can boot. Everything the lab does differently between targets is in here. */
export interface LabTarget {
  /** `6.12-x86_64`: series, architecture, flavour. */
  readonly name: string;
  readonly description: string;
  readonly arch: LabArch;
  readonly debianArch: 'amd64' | 'arm64';
  /** The Debian release the packages come from. */
  readonly suite: 'bookworm' | 'trixie';
  readonly packages: TargetPackages;
  readonly emulator: TargetEmulator;
  /** Bytes. */
  readonly pageSize: number;
  /** Whether the kernel has KVM and the emulated machine can run it. */
  readonly kvm: boolean;
  /** Modules the guest loads if the kernel has them as modules, without `.ko`. */
  readonly modules: readonly string[];
}

/** A kernel of one's own, booted like the target it is based on. */
export interface OwnKernel {
  /** What to call it; also the name of its folder in the cache. */
  readonly name: string;
  /** The target whose emulator and machine it uses, for example `6.12-x86_64`. */
  readonly base: string;
  /** The image QEMU boots: `bzImage` on x86, `Image` on arm64. */
  readonly kernel: string;
  /** The folder `lib/modules/RELEASE` of `make modules_install`. */
  readonly modules: string;
  /** A build tree, or a headers tree with `Module.symvers`, that modules can be built against. */
  readonly headers: string;
  /** Bytes; the base's page size if left out. */
  readonly pageSize?: number;
}
