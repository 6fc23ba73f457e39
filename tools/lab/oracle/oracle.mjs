// @ts-check
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildOracle } from './build.mjs';
import { findHeaders } from './headers.mjs';
import { targets } from './targets.mjs';
import { makeVectors, writeVectors } from './vectors.mjs';

const usage = `Compiles the page-table helpers of packaged kernel headers and records what they compute.

Usage: node tools/lab/oracle/oracle.mjs TARGET [options]
Targets: ${Object.keys(targets).join(', ')}

  --words N      random words a helper (default 4096)
  --out FILE     where the vectors go (default: the test vectors of the architecture's package)
  --cache DIR    where packages are downloaded and unpacked (default .lab/oracle)
  --headers DIR  use the headers unpacked under DIR/usr/src instead of downloading packages
  --note TEXT    what must be known of the headers besides; goes into the provenance

Examples:
  node tools/lab/oracle/oracle.mjs 6.12-x86_64
  node tools/lab/oracle/oracle.mjs 7.3-x86_64 --words 1000000 --out .lab/oracle/7.3-x86_64.json
  PFNMAP_VECTORS=.lab/oracle npx vitest run --project arch-x86   (compares the model with those)
`;

const root = fileURLToPath(new URL('../../../', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    words: { type: 'string', default: '4096' },
    out: { type: 'string' },
    cache: { type: 'string', default: join(root, '.lab/oracle') },
    headers: { type: 'string' },
    note: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const target = targets[positionals[0] ?? ''];
if (values.help || target === undefined) {
  process.stdout.write(usage);
  process.exit(values.help ? 0 : 2);
}

const cache = resolve(values.cache);
const headers = findHeaders(target, cache, values.headers);
process.stderr.write(`headers ${headers.release}\n`);
const vectors = makeVectors(target, headers, Number(values.words), (configuration) => {
  process.stderr.write(`  ${configuration.name}\n`);
  return buildOracle(target, headers, configuration, cache);
});
if (values.note !== undefined) Object.assign(vectors.provenance, { note: values.note });
const out = values.out ?? join(root, target.vectors);
writeVectors(out, vectors);
process.stderr.write(`${Object.keys(vectors.helpers).length} helpers written to ${out}\n`);
