import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { KernelFunction } from '@pfnmap/series';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Where a function is defined, under its name or in camelCase; or else the first line that has its name. */
function lineOf(name: string, text: string): number {
  const lines = text.split('\n');
  const ours = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const declared = new RegExp(
    `(?:function|const) (?:${name}|${ours})\\b|^\\s*${name}(?:\\(|: \\(|,$)`,
  );
  const line = lines.findIndex((each) => declared.test(each) && !/^\s*\w+\(.*\): .*;$/.test(each));
  return (line < 0 ? lines.findIndex((each) => each.includes(name)) : line) + 1;
}

/** `packages/mm-fork/src/copy-huge.ts:31`; without the line outside of the repository. */
export function placeOf({ name, file }: KernelFunction): string | undefined {
  if (file === undefined || !existsSync(root + file)) return file;
  return `${file}:${lineOf(name, readFileSync(root + file, 'utf8'))}`;
}
