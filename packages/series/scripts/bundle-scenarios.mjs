// @ts-check
// Writes src/scenario-texts.data.ts from scenarios/*.scn; run it after a change there.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const folder = new URL('../scenarios/', import.meta.url);
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.scn'))
  .sort();
const entries = names.map((name) => {
  const text = readFileSync(new URL(name, folder), 'utf8');
  return `  '${name.slice(0, -'.scn'.length)}': \`${text.replace(/[\\`$]/g, '\\$&')}\`,\n`;
});
writeFileSync(
  new URL('../src/scenario-texts.data.ts', import.meta.url),
  `// Written by scripts/bundle-scenarios.mjs.

/** The texts of scenarios/*.scn by name. */
export const scenarioTexts: Readonly<Record<string, string>> = {
${entries.join('')}};
`,
);
