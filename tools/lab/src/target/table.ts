import type { LabTarget, TargetEmulator } from './target.ts';

const x86Emulator: TargetEmulator = {
  command: 'qemu-system-x86_64',
  package: 'qemu-system-x86',
  console: 'ttyS0',
};

const armEmulator: TargetEmulator = {
  command: 'qemu-system-aarch64',
  package: 'qemu-system-arm',
  console: 'ttyAMA0',
};

const vfioModules = [
  'irqbypass',
  'iommufd',
  'vfio',
  'vfio_iommu_type1',
  'vfio-pci-core',
  'vfio-pci',
];
const x86Modules = [...vfioModules, 'ccp', 'kvm', 'kvm-amd'];

const bookworm = /6\.12\.\d+\+deb12/;
const trixieBackports = /7\.3\.\d+\+deb13/;

/** The 6.12 of Debian 12's security updates. */
function packages612(flavour: string, common = 'common') {
  return {
    release: bookworm,
    headers: `linux-headers-{release}-${flavour}`,
    kernel: [`linux-image-{release}-${flavour}`],
    build: [`linux-headers-{release}-${common}`, 'linux-kbuild-{release}'],
  };
}

/** The 7.3 of Debian 13's backports, which splits the image into two packages. */
function packages73(flavour: string) {
  return {
    release: trixieBackports,
    headers: `linux-headers-{release}-${flavour}`,
    kernel: [`linux-binary-{release}-${flavour}`, `linux-modules-{release}-${flavour}`],
    build: ['linux-headers-{release}-common', 'linux-kbuild-{release}'],
  };
}

/** The kernels the lab knows by name. Debian has no 64K flavour of arm64 in these releases. */
export const LAB_TARGETS: readonly LabTarget[] = [
  {
    name: '6.12-x86_64',
    description: 'Linux 6.12, the first kernel with the series, on x86_64',
    arch: 'x86_64',
    debianArch: 'amd64',
    suite: 'bookworm',
    packages: packages612('amd64'),
    emulator: x86Emulator,
    pageSize: 4096,
    kvm: true,
    modules: x86Modules,
  },
  {
    name: '6.12-arm64',
    description: 'Linux 6.12 on arm64 with 4K pages',
    arch: 'arm64',
    debianArch: 'arm64',
    suite: 'bookworm',
    packages: packages612('arm64'),
    emulator: armEmulator,
    pageSize: 4096,
    kvm: true,
    modules: vfioModules,
  },
  {
    name: '7.3-x86_64',
    description: 'Linux 7.3 on x86_64',
    arch: 'x86_64',
    debianArch: 'amd64',
    suite: 'trixie',
    packages: packages73('amd64'),
    emulator: x86Emulator,
    pageSize: 4096,
    kvm: true,
    modules: x86Modules,
  },
  {
    name: '7.3-arm64',
    description: 'Linux 7.3 on arm64 with 4K pages',
    arch: 'arm64',
    debianArch: 'arm64',
    suite: 'trixie',
    packages: packages73('arm64'),
    emulator: armEmulator,
    pageSize: 4096,
    kvm: true,
    modules: vfioModules,
  },
  {
    name: '6.12-x86_64-rt',
    description: 'Linux 6.12 with PREEMPT_RT, so without THP and without huge PFN mappings',
    arch: 'x86_64',
    debianArch: 'amd64',
    suite: 'bookworm',
    packages: packages612('rt-amd64', 'common-rt'),
    emulator: x86Emulator,
    pageSize: 4096,
    kvm: false,
    modules: x86Modules,
  },
  {
    name: '6.12-arm64-16k',
    description: 'Linux 6.12 on arm64 with 16K pages, so with PMD entries of 32M',
    arch: 'arm64',
    debianArch: 'arm64',
    suite: 'bookworm',
    packages: packages612('arm64-16k'),
    emulator: armEmulator,
    pageSize: 16384,
    kvm: true,
    modules: vfioModules,
  },
];
