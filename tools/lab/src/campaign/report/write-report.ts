import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../../cache.ts';
import { LabError } from '../../errors.ts';
import type { ShardResult } from '../shard.ts';
import { reportHtml } from './report-html.ts';

/**
 * Writes a result into a folder: `result.json`, `report.html`, and of every difference the shrunk
 * scenario and its capture in `differences/`. Returns the path of the report.
 */
export function writeReport(folder: string, result: ShardResult): string {
  for (const { scenario, minimal, capture } of result.findings) {
    writeFileAtomic(join(folder, 'differences', `${scenario}.scn`), minimal);
    writeFileAtomic(join(folder, 'differences', `${scenario}.jsonl`), capture);
  }
  writeFileAtomic(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
  const report = join(folder, 'report.html');
  writeFileAtomic(report, reportHtml(result));
  return report;
}

/** Reads a result: the file, or the folder it was written into. Throws `bad-result`. */
export function readResult(path: string): ShardResult {
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, 'result.json') : path;
  let result: Partial<ShardResult> | null;
  try {
    result = JSON.parse(readFileSync(file, 'utf8')) as Partial<ShardResult> | null;
  } catch (error) {
    const why = error instanceof SyntaxError ? 'is no JSON' : 'cannot be read';
    throw new LabError('bad-result', `${file} ${why}.`, 'A finished shard has a result.json.');
  }
  if (result?.format !== 'pfnmap-campaign/1') {
    throw new LabError(
      'bad-result',
      `${file} is no result of a campaign: its format is not “pfnmap-campaign/1”.`,
    );
  }
  return result as ShardResult;
}
