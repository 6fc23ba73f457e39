import { fileURLToPath } from 'node:url';
import { reportAll } from './report.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const outcomes = reportAll(root, process.argv.includes('--write'));

for (const { name, state, messages } of outcomes) {
  if (state === 'unchanged') continue;
  const file = `packages/${name}/etc/${name}.api.md`;
  console.log(`${file}: ${state}${state === 'outdated' ? '; `npm run api` writes it' : ''}`);
  for (const message of messages) console.log(`  ${message}`);
}
console.log(`${outcomes.length} API reports looked at`);
if (outcomes.some(({ state }) => state === 'outdated' || state === 'failed')) process.exitCode = 1;
