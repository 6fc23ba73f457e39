// @ts-check
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'pfnmap-tests-'));

/** Gives a run of the tests a folder of its own for temporary files. */
export function setup() {
  process.env.TMPDIR = folder;
}

/** Removes it with what the tests left there. */
export function teardown() {
  rmSync(folder, { recursive: true, force: true });
}
