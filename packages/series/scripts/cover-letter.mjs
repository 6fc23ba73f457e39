// @ts-check
// Writes the table of the README from the covers; run it, after `tsc -b`, when these change. A test compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';

/** @typedef {import('@pfnmap/series').PatchCover} PatchCover */

const BEGIN = '<!-- table: scripts/cover-letter.mjs -->\n';
const END = '<!-- end of table -->';

/**
 * What a patch shows, and where.
 *
 * @param {PatchCover} cover
 */
function shown({ effect, visibleFrom, scenarios }) {
  if (effect === 'not modelled') return 'not modelled';
  const files = scenarios.map((name) => `[${name}](scenarios/${name}.scn)`).join(', ');
  if (effect === 'answers') return files;
  return visibleFrom === undefined ? 'changes no answer' : `taken out of the whole: ${files}`;
}

/**
 * The README with the table written anew.
 *
 * @param {string} readme
 * @param {readonly PatchCover[]} covers
 */
export function withTable(readme, covers) {
  const rows = covers.map((cover) => [
    `${cover.number}`,
    cover.packages.map((name) => `\`${name}\``).join(', ') || '-',
    `${cover.subject} (${cover.commit})`,
    shown(cover),
  ]);
  const heading = ['patch', 'package', 'commit', 'scenarios'];
  const widths = heading.map((_, column) =>
    Math.max(...[heading, ...rows].map((cells) => cells[column]?.length ?? 0)),
  );
  const rule = widths.map((width) => '-'.repeat(width));
  const table = [heading, rule, ...rows]
    .map((cells) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)))
    .map((cells) => `| ${cells.join(' | ')} |\n`)
    .join('');
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) throw new RangeError(`README.md has no lines ${BEGIN}… ${END}`);
  return `${readme.slice(0, begin + BEGIN.length)}\n${table}\n${readme.slice(end)}`;
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const { patchCovers } = await import('@pfnmap/series');
  const file = new URL('../README.md', import.meta.url);
  writeFileSync(file, withTable(readFileSync(file, 'utf8'), patchCovers));
}
