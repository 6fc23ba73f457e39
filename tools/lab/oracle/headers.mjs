// @ts-check
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Unpacked header packages of one kernel.
 *
 * @typedef {object} Headers
 * @property {string} release As `uname -r` names it.
 * @property {string} common Folder of the headers that all architectures share.
 * @property {string} configured Folder of the generated headers.
 * @property {Record<string, string>} packages Versions by package name; empty when they were given as a folder.
 */

const run = (/** @type {string} */ command, /** @type {string[]} */ args, cwd = '.') =>
  execFileSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 2 ** 28 });

/**
 * Options that make apt work in a folder of its own, with the host's mirror and the wanted suite.
 *
 * @param {string} cache
 * @param {import('./targets.mjs').Target} target
 */
function privateApt(cache, target) {
  const apt = join(cache, `apt-${target.suite}`);
  for (const folder of ['lists/partial', 'archives/partial']) {
    mkdirSync(join(apt, folder), { recursive: true });
  }
  const host = readFileSync('/etc/apt/sources.list.d/debian.sources', 'utf8');
  const mirror = /^URIs:\s*(\S+)/m.exec(host)?.[1];
  const keyring = /^Signed-By:\s*(\S+)/m.exec(host)?.[1];
  if (mirror === undefined || keyring === undefined) {
    throw new Error(
      '/etc/apt/sources.list.d/debian.sources names no mirror and key; pass the headers with --headers',
    );
  }
  const pockets = [target.suite, `${target.suite}-updates`, `${target.suite}-backports`];
  const lines = pockets.map((pocket) => `deb [signed-by=${keyring}] ${mirror} ${pocket} main\n`);
  const security = /^URIs:\s*(\S+-security\S*)/m.exec(host)?.[1];
  if (security !== undefined) {
    lines.push(`deb [signed-by=${keyring}] ${security} ${target.suite}-security main\n`);
  }
  writeFileSync(join(apt, 'sources.list'), lines.join(''));
  return [
    `Dir::Etc::sourcelist=${join(apt, 'sources.list')}`,
    'Dir::Etc::sourceparts=-',
    `Dir::State::lists=${join(apt, 'lists')}`,
    `Dir::Cache=${apt}`,
    `APT::Architectures::=${target.deb}`,
  ].flatMap((option) => ['-o', option]);
}

/**
 * Downloads the header packages of the newest matching kernel and unpacks them.
 *
 * @param {import('./targets.mjs').Target} target
 * @param {string} cache
 * @returns {{ root: string, packages: Record<string, string> }}
 */
function download(target, cache) {
  const options = privateApt(cache, target);
  run('apt-get', [...options, 'update', '-q']);
  const suffix = `-${target.deb}`;
  const names = run('apt-cache', [...options, 'search', '--names-only', '^linux-headers-'])
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((name) => name.endsWith(suffix) && !/-(rt|cloud)-/.test(name))
    .filter((name) => target.release.test(name.slice('linux-headers-'.length)))
    .sort(new Intl.Collator('en', { numeric: true }).compare);
  const configured = names.at(-1);
  if (configured === undefined)
    throw new Error(`${target.suite} has no headers for ${target.release}`);
  const common = `${configured.slice(0, -suffix.length)}-common`;
  const root = join(cache, configured);
  mkdirSync(root, { recursive: true });
  /** @type {Record<string, string>} */
  const packages = {};
  for (const [name, wanted] of [
    [common, common],
    [configured, `${configured}:${target.deb}`],
  ]) {
    run('apt-get', [...options, 'download', wanted], root);
    const file = readdirSync(root).find((entry) => entry.startsWith(`${name}_`));
    if (file === undefined) throw new Error(`apt-get left no file for ${name} in ${root}`);
    packages[name] = run('dpkg-deb', ['-f', file, 'Version'], root).trim();
    run('dpkg-deb', ['-x', file, '.'], root);
  }
  return { root, packages };
}

/** @param {string[]} names @param {import('./targets.mjs').Target} target */
const configuredOf = (names, target) =>
  names
    .filter((name) => name.endsWith(`-${target.deb}`) && !/-(rt|cloud)-/.test(name))
    .find((name) => target.release.test(name.replace('linux-headers-', '')));

/**
 * The version of an installed package, as dpkg of that root file system knows it.
 *
 * @param {string} root
 * @param {string} name
 */
function installedVersion(root, name) {
  const status = join(root, 'var/lib/dpkg/status');
  if (!existsSync(status)) return undefined;
  const paragraphs = readFileSync(status, 'utf8').split('\n\n');
  const found = paragraphs.find((paragraph) => paragraph.startsWith(`Package: ${name}\n`));
  return found === undefined ? undefined : /^Version: (.*)$/m.exec(found)?.[1];
}

/**
 * Finds unpacked headers, or downloads them.
 *
 * @param {import('./targets.mjs').Target} target
 * @param {string} cache
 * @param {string | undefined} given root folder with usr/src
 * @returns {Headers}
 */
export function findHeaders(target, cache, given) {
  const { root, packages } =
    given === undefined ? download(target, cache) : { root: given, packages: {} };
  const source = join(root, 'usr/src');
  const name = configuredOf(readdirSync(source), target);
  if (name === undefined) throw new Error(`${source} has no headers for ${target.release}`);
  const common = name.replace(`-${target.deb}`, '-common');
  for (const folder of given === undefined ? [] : [name, common]) {
    const version = installedVersion(root, folder);
    if (version !== undefined) Object.assign(packages, { [folder]: version });
  }
  return {
    release: name.replace('linux-headers-', ''),
    common: join(source, common),
    configured: join(source, name),
    packages,
  };
}
