import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CompilerState,
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
  type ExtractorMessage,
  type IConfigFile,
} from '@microsoft/api-extractor';
import { type EntryPoint, entryPoints } from './entry-points.ts';

/** What became of the report of one package. */
export interface Outcome {
  readonly name: string;
  /** `unchanged`, `written`, or in a check `outdated`; `failed` when the declarations make no report. */
  readonly state: 'unchanged' | 'written' | 'outdated' | 'failed';
  readonly messages: readonly string[];
}

const compilerOptions = {
  target: 'es2023',
  lib: ['es2023'],
  module: 'nodenext',
  moduleResolution: 'nodenext',
  strict: true,
  skipLibCheck: true,
  types: [],
};

/** Where a report is made before it is compared. */
const scratchOf = (root: string, name: string): string => join(root, '.cache/api', name);

function configFor({ name, folder, declarations }: EntryPoint, root: string): ExtractorConfig {
  const scratch = scratchOf(root, name);
  const made = join(scratch, 'made');
  mkdirSync(made, { recursive: true });
  const configObject: IConfigFile = {
    projectFolder: folder,
    mainEntryPointFilePath: declarations,
    compiler: { overrideTsconfig: { compilerOptions, files: [declarations] } },
    apiReport: {
      enabled: true,
      reportFileName: `${name}.api.md`,
      reportFolder: made,
      reportTempFolder: scratch,
    },
    docModel: { enabled: false },
    dtsRollup: { enabled: false },
    tsdocMetadata: { enabled: false },
    newlineKind: 'lf',
    messages: {
      compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
      extractorMessageReporting: {
        default: { logLevel: ExtractorLogLevel.Error },
        'ae-missing-release-tag': { logLevel: ExtractorLogLevel.None },
        'ae-undocumented': { logLevel: ExtractorLogLevel.None },
        'ae-unresolved-link': { logLevel: ExtractorLogLevel.None },
        'ae-forgotten-export': { logLevel: ExtractorLogLevel.Warning, addToApiReportFile: true },
      },
      tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
    },
  };
  return ExtractorConfig.prepare({
    configObject,
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, 'package.json'),
  });
}

/** Literals of a union in the order of the alphabet: the compiler prints them as it happened to meet them. */
const inOrder = (report: string): string =>
  report.replaceAll(/"[^"]*"(?: \| "[^"]*")+/g, (union) => union.split(' | ').sort().join(' | '));

/** Compares a new report with the one that is kept, and replaces that if asked. */
function keepReport(
  { name, folder }: EntryPoint,
  root: string,
  write: boolean,
): 'unchanged' | 'written' | 'outdated' {
  const kept = join(folder, 'etc', `${name}.api.md`);
  const report = inOrder(readFileSync(join(scratchOf(root, name), `${name}.api.md`), 'utf8'));
  if (existsSync(kept) && readFileSync(kept, 'utf8') === report) return 'unchanged';
  if (!write) return 'outdated';
  mkdirSync(join(folder, 'etc'), { recursive: true });
  writeFileSync(kept, report);
  return 'written';
}

/**
 * Makes the API report of every package below `root` in one process and with one compiler program.
 *
 * @param write replace reports that have changed; otherwise only say so
 */
export function reportAll(root: string, write: boolean): Outcome[] {
  const points = entryPoints(root);
  const missing = points.filter(({ declarations }) => !existsSync(declarations));
  if (missing.length > 0)
    throw new Error(`not compiled: ${missing.map(({ name }) => name).join(', ')}; run \`tsc -b\``);
  const configs = points.map((point) => configFor(point, root));
  const [first] = configs;
  if (!first) return [];
  const compilerState = CompilerState.create(first, {
    additionalEntryPoints: points.map(({ declarations }) => declarations),
  });
  return configs.map((config, index) => {
    const messages: string[] = [];
    Extractor.invoke(config, {
      compilerState,
      localBuild: true,
      messageCallback: (message: ExtractorMessage) => {
        if (message.logLevel === ExtractorLogLevel.Error)
          messages.push(message.formatMessageWithLocation(root));
        message.handled = true;
      },
    });
    const point = points[index]!;
    const state = messages.length > 0 ? 'failed' : keepReport(point, root, write);
    return { name: point.name, state, messages };
  });
}
