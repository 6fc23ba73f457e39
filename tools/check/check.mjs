// @ts-check
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runTurbo } from './src/run-turbo.mjs';
import { summarize } from './src/summarize.mjs';

const root = new URL('../../', import.meta.url);
const runs = new URL('.turbo/runs/', root);
const reports = new URL('.cache/tests/', root);

rmSync(runs, { recursive: true, force: true });
rmSync(reports, { recursive: true, force: true });
const exitCode = await runTurbo(fileURLToPath(root), process.argv.slice(2));

/** @param {URL} folder */
const jsonFiles = (folder) =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.json'))
        .map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')))
    : [];

const [run = { tasks: [] }] = jsonFiles(runs);
const { text, failed } = summarize(run, jsonFiles(reports), exitCode);
console.log(text);
process.exitCode = failed === 0 ? 0 : 1;
