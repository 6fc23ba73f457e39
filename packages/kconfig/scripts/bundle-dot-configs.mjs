// @ts-check
// Cuts the lines that the rules know out of the whole .config files in test/captures and writes them
// to src/kernel/dot-configs. Run it after a change of the captures or of bundled-symbols.txt:
//   node packages/kconfig/scripts/bundle-dot-configs.mjs
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = new URL('.', import.meta.url);

/** Where each file comes from: the Debian package, its version, the path in it. */
const sources = [
  {
    release: '6.12.117+deb12-amd64',
    name: 'linux-image-6.12.117+deb12-amd64',
    version: '6.12.117-1~deb12u1',
    path: 'boot/config-6.12.117+deb12-amd64',
  },
  {
    release: '6.12.117+deb12-rt-amd64',
    name: 'linux-image-6.12.117+deb12-rt-amd64',
    version: '6.12.117-1~deb12u1',
    path: 'boot/config-6.12.117+deb12-rt-amd64',
  },
  {
    release: '6.12.117+deb12-arm64',
    name: 'linux-image-6.12.117+deb12-arm64',
    version: '6.12.117-1~deb12u1',
    path: 'boot/config-6.12.117+deb12-arm64',
  },
  {
    release: '6.12.117+deb12-arm64-16k',
    name: 'linux-headers-6.12.117+deb12-arm64-16k',
    version: '6.12.117-1~deb12u1',
    path: 'usr/src/linux-headers-6.12.117+deb12-arm64-16k/.config',
  },
  {
    release: '7.3.4+deb13-amd64',
    name: 'linux-headers-7.3.4+deb13-amd64',
    version: '7.3.4-1~bpo13+1',
    path: 'usr/src/linux-headers-7.3.4+deb13-amd64/.config',
  },
  {
    release: '7.3.4+deb13-arm64',
    name: 'linux-headers-7.3.4+deb13-arm64',
    version: '7.3.4-1~bpo13+1',
    path: 'usr/src/linux-headers-7.3.4+deb13-arm64/.config',
  },
];

/** @param {string} path */
const read = (path) => readFileSync(fileURLToPath(new URL(path, here)), 'utf8');

const symbols = new Set(
  read('bundled-symbols.txt')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#')),
);

for (const { release, name, version, path } of sources) {
  const whole = read(`../test/captures/config-${release}`);
  const hash = createHash('sha256').update(whole).digest('hex');
  const lines = whole.split('\n').filter((line) => {
    if (/^# Linux\/\S+ \S+ Kernel Configuration$/.test(line)) return true;
    const symbol = /^(?:# )?CONFIG_(\w+)/.exec(line)?.[1];
    return symbol !== undefined && symbols.has(symbol);
  });
  const constant = `config_${release.replace(/[^A-Za-z0-9]/g, '_')}`;
  const text = `// Written by scripts/bundle-dot-configs.mjs; do not edit.
/**
 * The lines of Debian's configuration of ${release} that the rules know.
 *
 * Package ${name}, version ${version}, file ${path},
 * sha256 ${hash}.
 */
export const ${constant} = \`${lines.join('\n')}\n\`;
`;
  const file = release.replace(/\+/g, '-');
  writeFileSync(fileURLToPath(new URL(`../src/kernel/dot-configs/${file}.ts`, here)), text);
  process.stdout.write(`${file}.ts: ${lines.length - 1} symbols\n`);
}
