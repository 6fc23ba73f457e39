/**
 * Goal: the small parts of a set-up read Debian's texts as they are. Method: texts of the formats
 * of apt, sources.list(5) and the kernel's initramfs buffer.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { defaultCacheDir } from '../src/cache.ts';
import { parseUris } from '../src/debian/apt.ts';
import { archiveAddresses, DEBIAN_MIRRORS, hostMirrors } from '../src/debian/mirror.ts';
import { compareReleases, releasesIn } from '../src/debian/release.ts';
import { compilerPackages, crossPrefix } from '../src/debian/suite.ts';
import { cpioArchive, joinArchives } from '../src/run/cpio.ts';
import { formatSize, parseSize } from '../src/size.ts';
import { findTarget } from '../src/target/find.ts';
import { LAB_TARGETS } from '../src/target/table.ts';

describe('the cache folder', () => {
  test('is the one asked for, else of the XDG base directory, else below the home folder', () => {
    expect(defaultCacheDir({ PFNMAP_LAB_DIR: '/big/lab', XDG_CACHE_HOME: '/x' })).toBe('/big/lab');
    expect(defaultCacheDir({ XDG_CACHE_HOME: '/x', HOME: '/users/me' })).toBe('/x/pfnmap/lab');
    expect(defaultCacheDir({ HOME: '/users/me' })).toBe('/users/me/.cache/pfnmap/lab');
  });
});

describe('releases', () => {
  test('are ordered by their numbers', () => {
    const releases = ['6.12.117+deb12', '6.12.9+deb12', '6.12.100+deb12'];
    expect(releases.sort(compareReleases)).toEqual([
      '6.12.9+deb12',
      '6.12.100+deb12',
      '6.12.117+deb12',
    ]);
  });

  test('of a flavour are told from those of its siblings', () => {
    const names = [
      'linux-headers-6.12.117+deb12-arm64',
      'linux-headers-6.12.115+deb12-arm64-16k',
      'linux-headers-6.12.113+deb12-cloud-arm64',
      'linux-headers-6.12.113+deb12-rt-arm64',
      'linux-headers-6.12.90+bpo-arm64',
      'linux-headers-6.12-arm64',
    ];
    expect(releasesIn(names, findTarget('6.12-arm64'))).toEqual(['6.12.117+deb12']);
    expect(releasesIn(names, findTarget('6.12-arm64-16k'))).toEqual(['6.12.115+deb12']);
  });
});

describe('mirrors', () => {
  test('are found in both formats of source files', () => {
    expect(
      archiveAddresses('deb [arch=amd64] http://m/debian bookworm main\n# deb http://no x\n'),
    ).toEqual(['http://m/debian']);
    expect(archiveAddresses('Types: deb\nURIs: http://a/debian http://b/debian\n')).toEqual([
      'http://a/debian',
      'http://b/debian',
    ]);
  });

  test('of the host are used where they carry Debian', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pfnmap-apt-'));
    mkdirSync(join(folder, 'sources.list.d'));
    writeFileSync(join(folder, 'sources.list.d', 'debian.sources'), 'URIs: http://near/debian/\n');
    writeFileSync(join(folder, 'sources.list'), 'deb http://other/node nodistro main\n');
    expect(hostMirrors(folder)).toEqual({
      main: 'http://near/debian',
      security: DEBIAN_MIRRORS.security,
    });
  });
});

test('the files of a planned download have names and sizes', () => {
  const text =
    "'http://d/pool/main/m/make_4.3-4.1_amd64.deb' make_4.3-4.1_amd64.deb 395632 MD5Sum:ad23\n" +
    "'http://d/pool/x.deb' linux-kbuild-6.12.117+deb12_6.12.117-1~deb12u1_amd64.deb 1959272 \n";
  expect(parseUris(text)).toEqual([
    { name: 'make_4.3-4.1_amd64.deb', bytes: 395632 },
    { name: 'linux-kbuild-6.12.117+deb12_6.12.117-1~deb12u1_amd64.deb', bytes: 1959272 },
  ]);
});

describe('compilers', () => {
  test('are native for the own architecture and cross for the other', () => {
    expect(crossPrefix('amd64', 'amd64')).toBe('');
    expect(crossPrefix('amd64', 'arm64')).toBe('aarch64-linux-gnu-');
    expect(crossPrefix('arm64', 'amd64')).toBe('x86_64-linux-gnu-');
    expect(compilerPackages('amd64', 'arm64')).toContain('gcc-aarch64-linux-gnu');
    expect(compilerPackages('arm64', 'arm64')).toEqual(['gcc', 'libc6-dev']);
  });
});

describe('cpioArchive', () => {
  /** Reads an archive as Documentation/driver-api/early-userspace/buffer-format.rst describes it. */
  function read(archive: Buffer) {
    const entries: { name: string; mode: number; content: string }[] = [];
    for (let at = 0; ; ) {
      expect(archive.toString('latin1', at, at + 6)).toBe('070701');
      const field = (index: number) =>
        Number.parseInt(archive.toString('latin1', at + 6 + 8 * index, at + 14 + 8 * index), 16);
      const [mode, size, nameSize] = [field(1), field(6), field(11)];
      const name = archive.toString('latin1', at + 110, at + 110 + nameSize - 1);
      at += Math.ceil((110 + nameSize) / 4) * 4;
      if (name === 'TRAILER!!!') return entries;
      entries.push({ name, mode, content: archive.toString('latin1', at, at + size) });
      at += Math.ceil(size / 4) * 4;
    }
  }

  test('holds folders and files with their modes and bytes', () => {
    const archive = cpioArchive([
      { name: 'scn', mode: 0o755 },
      { name: 'scn/a.scn', mode: 0o644, content: Buffer.from('vfio\n') },
      { name: 'init', mode: 0o755, content: Buffer.from('') },
    ]);
    expect(read(archive)).toEqual([
      { name: 'scn', mode: 0o40755, content: '' },
      { name: 'scn/a.scn', mode: 0o100644, content: 'vfio\n' },
      { name: 'init', mode: 0o100755, content: '' },
    ]);
  });

  test('archives that are joined start at multiples of four bytes', () => {
    const joined = joinArchives([Buffer.from('12345'), cpioArchive([])]);
    expect(joined.indexOf('070701')).toBe(8);
  });
});

describe('sizes', () => {
  test('are read with suffixes and sums', () => {
    expect(parseSize('4096')).toBe(4096);
    expect(parseSize('0x200000')).toBe(2 ** 21);
    expect(parseSize('1G+2M')).toBe(2 ** 30 + 2 ** 21);
    expect(parseSize('64G')).toBe(2 ** 36);
    expect(() => parseSize('8Q')).toThrow(/no size/);
  });

  test('are written so that they are read the same', () => {
    for (const bytes of [0, 1, 4096, 3 * 2 ** 20, 2 ** 36, 2 ** 30 + 4096, 512]) {
      expect(parseSize(formatSize(bytes))).toBe(bytes);
    }
  });
});

describe('targets', () => {
  test('have names of their own, and emulators of their architecture', () => {
    expect(new Set(LAB_TARGETS.map((target) => target.name)).size).toBe(LAB_TARGETS.length);
    for (const target of LAB_TARGETS) {
      expect(target.emulator.command).toBe(
        target.arch === 'arm64' ? 'qemu-system-aarch64' : 'qemu-system-x86_64',
      );
    }
  });

  test('an unknown one is refused with those there are', () => {
    expect(() => findTarget('6.11-x86_64')).toThrow(/Choose one of 6\.12-x86_64/);
  });
});
