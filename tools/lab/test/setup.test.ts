/**
 * Goal: a set-up does each step once, can be interrupted anywhere and goes on, and changes nothing
 * outside its cache folder without a yes. Method: a host whose commands write what the real ones
 * would.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { cachePaths } from '../src/cache.ts';
import type { LabEvent } from '../src/reporter.ts';
import { findEmulator } from '../src/run/emulator-program.ts';
import { labSetup, type SetupOptions } from '../src/setup/setup.ts';
import { findTarget } from '../src/target/find.ts';
import { type FakeCommand, type FakeHost, failure, fakeHost } from './fake-host.ts';

const RELEASE = '6.12.117+deb12';
let cacheDir: string;

beforeEach(() => {
  cacheDir = mkdtempSync(join(tmpdir(), 'pfnmap-setup-'));
});

function touch(path: string, content = basename(path)): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
}

const debName = (spec: string) => `${spec.split(':')[0]}_1_${spec.split(':')[1] ?? 'amd64'}.deb`;

/** apt-get: index, plans, downloads. */
const aptGet: FakeCommand = ({ args, options }) => {
  const packages = args.filter((arg, index) => index > 0 && !arg.startsWith('-'));
  if (args[0] === 'update') return '';
  const uris = packages
    .map((spec) => `'http://d/${debName(spec)}' ${debName(spec)} 1000 `)
    .join('\n');
  if (args.includes('--print-uris')) return uris;
  const folder =
    args[0] === 'download' ? options.cwd! : join(options.env!.APT_CONFIG!, '..', 'archives');
  for (const spec of packages) touch(join(folder, debName(spec)));
  return '';
};

/** dpkg-deb and tar: what the packages that matter hold. */
const shell: FakeCommand = ({ args }) => {
  const [, , , deb, folder] = args as [string, string, string, string, string];
  const name = basename(deb);
  if (name.startsWith('linux-image')) {
    touch(join(folder, 'boot', `vmlinuz-${RELEASE}-amd64`));
    touch(join(folder, 'boot', `config-${RELEASE}-amd64`));
    touch(join(folder, 'lib/modules', RELEASE, 'vfio.ko.xz'));
    touch(join(folder, 'lib/modules', RELEASE, 'floppy.ko.xz'));
  }
  if (name.startsWith('busybox')) touch(join(folder, 'bin', 'busybox'));
  return '';
};

/** unshare: the build inside the root; make leaves a module, gcc a program. */
const unshare: FakeCommand = ({ args }) => {
  const root = args.find((arg) => arg.includes('/roots/'));
  const build = root && join(root, 'build', '6.12-x86_64');
  if (build && args.includes('make')) touch(join(build, 'module', 'pfnlab.ko'));
  if (build && args.includes('gcc')) touch(join(build, 'runner'));
  return '';
};

const commands: Record<string, FakeCommand> = {
  'qemu-system-x86_64': () => '',
  'apt-get': aptGet,
  'apt-cache': () => `linux-headers-${RELEASE}-amd64\nlinux-headers-6.12.99+deb12-amd64\n`,
  'apt-config': () => 'Acquire::http::Proxy "http://proxy:3128";\n',
  'dpkg-deb': () => '',
  tar: () => '',
  xz: ({ args }) => `plain ${basename(args[1]!)}`,
  sh: shell,
  unshare,
};

function setUp(host: FakeHost, options: SetupOptions = {}) {
  return labSetup('6.12-x86_64', { cacheDir, host, ...options });
}

/** The steps that were done, and those that were kept. */
function stepsOf(events: readonly LabEvent[]) {
  const ends = events.flatMap((event) => (event.type === 'step-end' ? [event] : []));
  return {
    done: ends.filter((event) => !event.kept).map((event) => event.step),
    kept: ends.filter((event) => event.kept).map((event) => event.step),
  };
}

describe('labSetup', () => {
  test('takes the newest release, and leaves a kernel, an initrd and a record', async () => {
    const record = await setUp(fakeHost(commands));
    expect(record.release).toBe(RELEASE);
    const folder = join(cacheDir, 'targets', '6.12-x86_64');
    expect(readdirSync(folder).sort()).toEqual(['guest', 'initrd.gz', 'kernel', 'target.json']);
    expect(readdirSync(join(folder, 'kernel', 'modules'))).toEqual(['vfio.ko']);
    const initrd = gunzipSync(readFileSync(join(folder, 'initrd.gz'))).toString('latin1');
    for (const name of ['init', 'bin/run', 'bin/busybox', 'mod/pfnlab.ko', 'mod/vfio.ko']) {
      expect(initrd).toContain(`${name}\0`);
    }
    expect(initrd).toContain('plain vfio.ko.xz');
  });

  test('a second call does nothing', async () => {
    await setUp(fakeHost(commands));
    const host = fakeHost(commands);
    await setUp(host);
    expect(host.calls).toEqual([]);
  });

  test('goes on after an interruption without doing a finished step again', async () => {
    const events: LabEvent[] = [];
    const broken = { ...commands, unshare: () => failure(2, 'make: killed') };
    const unshareProbe: FakeCommand = (call) =>
      call.args.includes('true') ? '' : broken.unshare();
    await expect(setUp(fakeHost({ ...broken, unshare: unshareProbe }))).rejects.toThrow(
      /Could not build the kernel module: exit code 2[\s\S]*make: killed/,
    );
    expect(existsSync(join(cacheDir, 'targets', '6.12-x86_64', 'target.json'))).toBe(false);
    await setUp(fakeHost(commands), { reporter: (event) => events.push(event) });
    expect(stepsOf(events)).toEqual({
      done: ['guest', 'initrd'],
      kept: ['host', 'emulator'],
    });
  });

  test('goes on with the kernel after an interruption of its download', async () => {
    const events: LabEvent[] = [];
    const cut: FakeCommand = (call) =>
      call.args.some((arg) => arg.startsWith('linux-image')) && !call.args.includes('--print-uris')
        ? failure(100, 'connection reset')
        : aptGet(call);
    await expect(setUp(fakeHost({ ...commands, 'apt-get': cut }))).rejects.toThrow(/reset/);
    await setUp(fakeHost(commands), { reporter: (event) => events.push(event) });
    expect(stepsOf(events)).toEqual({
      done: ['index', 'kernel', 'guest', 'initrd'],
      kept: ['host', 'emulator', 'build-system'],
    });
  });

  test('an abort between steps is the interrupted error', async () => {
    const stop = new AbortController();
    const reporter = (event: LabEvent) => {
      if (event.type === 'step-end' && event.step === 'index') stop.abort();
    };
    await expect(
      setUp(fakeHost(commands), { reporter, signal: stop.signal }),
    ).rejects.toMatchObject({ code: 'interrupted' });
  });

  test('an older release can be asked for', async () => {
    const record = await setUp(fakeHost(commands), { release: '6.12.99+deb12' });
    expect(record.release).toBe('6.12.99+deb12');
    await expect(setUp(fakeHost(commands), { release: '6.12.1+deb12' })).rejects.toThrow(
      /has no linux-headers-6\.12\.1\+deb12-amd64[\s\S]*6\.12\.99\+deb12, 6\.12\.117\+deb12/,
    );
  });

  test('its APT has a configuration, a status and an index of its own, and the host’s proxy', async () => {
    const host = fakeHost(commands);
    await setUp(host);
    const apt = join(cacheDir, 'apt', 'bookworm');
    const config = readFileSync(join(apt, 'apt.conf'), 'utf8');
    expect(config).toContain(`Dir::State::status "${join(apt, 'status')}";`);
    expect(config).toContain('Acquire::http::Proxy "http://proxy:3128";');
    const apts = host.calls.filter((call) => /^apt-(get|cache)$/.test(call.command));
    for (const call of apts) expect(call.options.env?.APT_CONFIG).toBe(join(apt, 'apt.conf'));
  });

  test('too little disk ends it before anything is fetched', async () => {
    const host = fakeHost(commands, { freeBytes: () => 1e8 });
    await expect(setUp(host)).rejects.toMatchObject({ code: 'no-space' });
    expect(host.lines().filter((line) => line.startsWith('apt'))).toEqual([]);
  });
});

describe('the emulator', () => {
  const { 'qemu-system-x86_64': _installed, ...bare } = commands;
  const program = (...words: string[]) => join(cacheDir, 'programs/qemu-system-x86_64', ...words);
  /** Unpacks what the packages that matter hold, a loader for the emulator among them. */
  const sh: FakeCommand = (call) => {
    const folder = call.args.at(-1)!;
    if (call.args[3]!.includes('qemu-system-x86')) {
      touch(join(folder, 'lib/x86_64-linux-gnu/ld-linux-x86-64.so.2'));
      touch(join(folder, 'usr/lib/x86_64-linux-gnu/libglib-2.0.so.0'));
      touch(join(folder, 'usr/bin/qemu-system-x86_64'));
    }
    return shell(call);
  };

  test('is unpacked into the cache where none is installed, once, and nothing is installed', async () => {
    const host = fakeHost({ ...bare, sh });
    const events: LabEvent[] = [];
    await setUp(host, { reporter: (event) => events.push(event) });
    expect(stepsOf(events).done).toContain('emulator');
    expect(existsSync(program('usr/bin/qemu-system-x86_64'))).toBe(true);
    const installs = host.calls.filter(
      ({ args, options }) => args[0] === 'install' && options.env?.APT_CONFIG === undefined,
    );
    expect(installs).toEqual([]);
    const again = fakeHost({ ...bare, sh });
    await setUp(again);
    expect(again.calls).toEqual([]);
  });

  test('is started by its own loader, and finds its firmware and modules there', async () => {
    const host = fakeHost({ ...bare, sh });
    await setUp(host);
    const emulator = findEmulator(host, cachePaths(cacheDir), findTarget('6.12-x86_64').emulator)!;
    expect(emulator.command).toBe(program('lib/x86_64-linux-gnu/ld-linux-x86-64.so.2'));
    expect(emulator.args.slice(2)).toEqual([
      program('usr/bin/qemu-system-x86_64'),
      '-L',
      program('usr/share/qemu'),
      '-L',
      program('usr/share/seabios'),
    ]);
    expect(emulator.env).toEqual({ QEMU_MODULE_DIR: program('usr/lib/x86_64-linux-gnu/qemu') });
  });
});

describe('packages of the host', () => {
  /** A host without xz, until its package is installed. */
  function bareHost(facts: Parameters<typeof fakeHost>[1] = {}): FakeHost {
    const { xz, ...rest } = commands;
    const here: Record<string, FakeCommand> = { ...rest };
    here['apt-get'] = (call) => {
      if (call.options.env?.APT_CONFIG !== undefined) return aptGet(call);
      if (call.args.includes('xz-utils')) here.xz = xz!;
      return '';
    };
    return fakeHost(here, facts);
  }

  test('are asked for by name before they are installed', async () => {
    const asked: string[] = [];
    const host = bareHost();
    await setUp(host, {
      confirm: async (packages, command) => {
        asked.push(packages.join(' '), command);
        return true;
      },
    });
    const command = 'apt-get install -y --no-install-recommends xz-utils';
    expect(asked).toEqual(['xz-utils', command]);
    expect(host.lines()).toContain(command);
  });

  test('are not installed after a no, or without anyone to ask', async () => {
    for (const options of [{ confirm: async () => false }, {}]) {
      const host = bareHost();
      await expect(setUp(host, options)).rejects.toMatchObject({ code: 'declined' });
      expect(host.lines().filter((line) => line.startsWith('apt-get install'))).toEqual([]);
    }
  });

  test('are installed without asking when that was said', async () => {
    await expect(setUp(bareHost(), { yes: true })).resolves.toMatchObject({ release: RELEASE });
  });

  test('are left to a person where this is not root', async () => {
    const promise = setUp(bareHost({ isRoot: false }), { yes: true });
    await expect(promise).rejects.toThrow(
      /xz \(decompresses kernel modules\)[\s\S]*apt-get install xz-utils/,
    );
  });
});

test('a kernel of one’s own is built against its own headers, on the host', async () => {
  const tree = mkdtempSync(join(tmpdir(), 'pfnmap-own-'));
  touch(join(tree, 'bzImage'));
  touch(join(tree, 'modules', '6.18.0-mine', 'kernel', 'vfio.ko'), 'own vfio');
  touch(join(tree, 'headers', '.config'), 'CONFIG_VFIO=m\n');
  const build = join(cacheDir, 'targets', 'mine', 'build');
  const host = fakeHost({
    ...commands,
    make: () => {
      touch(join(build, 'module', 'pfnlab.ko'));
      return '';
    },
    strip: () => '',
    gcc: () => {
      touch(join(build, 'runner'));
      return '';
    },
  });
  const record = await labSetup(
    {
      name: 'mine',
      base: '6.12-x86_64',
      kernel: join(tree, 'bzImage'),
      modules: join(tree, 'modules', '6.18.0-mine'),
      headers: join(tree, 'headers'),
    },
    { cacheDir, host },
  );
  expect(record).toMatchObject({
    release: '6.18.0-mine',
    target: { name: 'mine', arch: 'x86_64' },
  });
  const make = host.calls.find((call) => call.command === 'make')!;
  expect(make.args).toEqual([
    '-C',
    join(tree, 'headers'),
    `M=${build}/module`,
    'ARCH=x86_64',
    'modules',
  ]);
  const initrd = gunzipSync(readFileSync(join(cacheDir, 'targets', 'mine', 'initrd.gz')));
  expect(initrd.toString('latin1')).toContain('own vfio');
});
