// @ts-check

/**
 * A kernel whose headers are compiled.
 *
 * @typedef {object} Target
 * @property {string} arch Architecture as `uname -m` names it on x86, `arm64` as Linux names it: folder of the wrappers.
 * @property {string} deb Debian's name of the architecture.
 * @property {string} srcarch Folder under arch/ in the kernel.
 * @property {'bookworm' | 'trixie'} suite Debian release that has the packages.
 * @property {RegExp} release What the kernel release begins with.
 * @property {string} compiler
 * @property {string[]} flags Compiler flags of this architecture.
 * @property {string[]} runner Command that runs the program, before its name.
 * @property {string} vectors Where the committed vectors lie, from the root of the repository.
 */

const x86_64 = {
  arch: 'x86_64',
  deb: 'amd64',
  srcarch: 'x86',
  compiler: 'gcc',
  flags: ['-mno-sse', '-mno-red-zone', '-mcmodel=small', '-DCC_USING_FENTRY'],
  runner: [],
};

const arm64 = {
  arch: 'arm64',
  deb: 'arm64',
  srcarch: 'arm64',
  compiler: 'aarch64-linux-gnu-gcc',
  flags: ['-mgeneral-regs-only', '-DARM64_ASM_PREAMBLE=".arch armv8.5-a"'],
  runner: ['qemu-aarch64-static'],
};

const s390 = {
  arch: 's390',
  deb: 's390x',
  srcarch: 's390',
  compiler: 's390x-linux-gnu-gcc',
  flags: ['-m64', '-march=z10', '-msoft-float'],
  runner: ['qemu-s390x-static'],
};

/** @type {Record<string, Target>} */
export const targets = {
  '6.12-x86_64': {
    ...x86_64,
    suite: 'bookworm',
    release: /^6\.12\./,
    vectors: 'packages/arch-x86/test/vectors/6.12-x86_64.json',
  },
  '7.3-x86_64': {
    ...x86_64,
    suite: 'trixie',
    release: /^7\.3\./,
    vectors: 'packages/arch-x86/test/vectors/7.3-x86_64.json',
  },
  '6.12-arm64': {
    ...arm64,
    suite: 'bookworm',
    release: /^6\.12\./,
    vectors: 'packages/arch-arm64/test/vectors/6.12-arm64.json',
  },
  '7.3-arm64': {
    ...arm64,
    suite: 'trixie',
    release: /^7\.3\./,
    vectors: 'packages/arch-arm64/test/vectors/7.3-arm64.json',
  },
  '6.12-s390': {
    ...s390,
    suite: 'bookworm',
    release: /^6\.12\./,
    vectors: 'packages/arch-s390/test/vectors/6.12-s390.json',
  },
  '7.3-s390': {
    ...s390,
    suite: 'trixie',
    release: /^7\.3\./,
    vectors: 'packages/arch-s390/test/vectors/7.3-s390.json',
  },
};
