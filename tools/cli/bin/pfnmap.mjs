#!/usr/bin/env node
// @ts-check
import { existsSync } from 'node:fs';

const tool = new URL('../', import.meta.url);
const builder = new URL('../setup/src/build-when-stale.mjs', tool);

/**
 * In the repository, compiles what has changed; a published package is compiled already.
 *
 * @returns {Promise<boolean>} false when that failed, with the reason printed
 */
async function isBuilt() {
  if (!existsSync(builder)) return true;
  const { buildWhenStale } = await import(builder.href);
  return buildWhenStale(new URL('../../', tool), tool);
}

if (await isBuilt()) {
  const { runProcess } = await import(new URL('dist/process.js', tool).href);
  await runProcess();
} else {
  process.exitCode = 3;
}
