/**
 * Goal: a person who lacks something is told what, and the command that mends it. Method: hosts
 * that lack one thing each.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { labDoctor } from '../src/doctor.ts';
import { guestFingerprint } from '../src/guest-files.ts';
import { type FakeCommand, failure, fakeHost } from './fake-host.ts';

const fine: FakeCommand = () => '';
const complete = {
  'qemu-system-x86_64': fine,
  'apt-get': fine,
  'dpkg-deb': fine,
  tar: fine,
  xz: fine,
  unshare: fine,
};

/** The complete host without some commands. */
function without(...names: string[]) {
  return Object.fromEntries(Object.entries(complete).filter(([name]) => !names.includes(name)));
}

const cacheDir = mkdtempSync(join(tmpdir(), 'pfnmap-doctor-'));

function setUp(fingerprint: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'pfnmap-doctor-'));
  const folder = join(dir, 'targets', '6.12-x86_64');
  mkdirSync(folder, { recursive: true });
  const record = { release: '6.12.117+deb12', guest: fingerprint };
  writeFileSync(join(folder, 'target.json'), JSON.stringify(record));
  return dir;
}

describe('labDoctor', () => {
  test('a complete host without the target needs the set-up only', async () => {
    const report = await labDoctor('6.12-x86_64', { host: fakeHost(complete), cacheDir });
    expect(report).toMatchObject({ setup: 'absent', canSetup: true, canRun: false });
    expect(report.fixes).toEqual(['pfnmap lab setup 6.12-x86_64']);
  });

  test('missing packages are named in one command', async () => {
    const host = fakeHost(without('xz'), {
      exists: (path) => !path.endsWith('.gpg'),
    });
    const report = await labDoctor('6.12-x86_64', { host, cacheDir });
    expect(report.canSetup).toBe(false);
    expect(report.fixes[0]).toBe('apt-get install xz-utils debian-archive-keyring');
  });

  test('the emulator is that of the target, and need not be installed', async () => {
    const host = fakeHost(complete);
    expect(await labDoctor('6.12-x86_64', { host, cacheDir })).toMatchObject({
      emulator: '/usr/bin/qemu-system-x86_64',
    });
    const report = await labDoctor('6.12-arm64', { host, cacheDir });
    expect(report).toMatchObject({ emulator: undefined, canSetup: true });
    expect(report.fixes).toEqual(['pfnmap lab setup 6.12-arm64']);
  });

  test('a target that lost its emulator is set up again to get one', async () => {
    const dir = setUp(guestFingerprint());
    const host = fakeHost(without('qemu-system-x86_64'));
    const report = await labDoctor('6.12-x86_64', { host, cacheDir: dir });
    expect(report).toMatchObject({ setup: 'ready', canRun: false });
    expect(report.fixes).toEqual(['pfnmap lab setup 6.12-x86_64']);
  });

  test('too little disk is told with the amount and another way', async () => {
    const host = fakeHost(complete, { freeBytes: () => 1e9, exists: () => false });
    const report = await labDoctor('6.12-x86_64', { host, cacheDir });
    const disk = report.requirements.find((requirement) => requirement.kind === 'disk');
    expect(disk).toMatchObject({ met: false });
    expect(disk!.what).toMatch(/^1\.7 GB of free disk for /);
    expect(disk!.fix).toContain('PFNMAP_LAB_DIR');
  });

  test('one who is not root needs user namespaces', async () => {
    const denied: FakeCommand = ({ args }) =>
      args.includes('--map-root-user') ? failure(1, 'unshare failed') : '';
    const host = fakeHost({ ...complete, unshare: denied }, { isRoot: false });
    const report = await labDoctor('6.12-x86_64', { host, cacheDir });
    expect(report.canSetup).toBe(false);
    expect(report.fixes[0]).toContain('unprivileged_userns_clone=1');
  });

  test('a target that is set up can run, and needs no disk for it', async () => {
    const dir = setUp(guestFingerprint());
    const host = fakeHost(complete, { freeBytes: () => 0 });
    const report = await labDoctor('6.12-x86_64', { host, cacheDir: dir });
    expect(report).toMatchObject({ setup: 'ready', canRun: true, release: '6.12.117+deb12' });
    expect(report.fixes).toEqual([]);
  });

  test('a target that was built from other guest sources is stale', async () => {
    const dir = setUp('0123456789abcdef');
    const report = await labDoctor('6.12-x86_64', { host: fakeHost(complete), cacheDir: dir });
    expect(report).toMatchObject({ setup: 'stale', canRun: false });
    expect(report.fixes).toEqual(['pfnmap lab setup 6.12-x86_64']);
  });

  test('nothing on the host is changed', async () => {
    const host = fakeHost(complete);
    await labDoctor('6.12-x86_64', { host, cacheDir });
    expect(host.lines()).toEqual(['unshare --mount true']);
  });
});
