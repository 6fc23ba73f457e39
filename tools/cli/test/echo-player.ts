import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type Capture,
  type Played,
  type PlayOptions,
  type PlayScenario,
  parseCapture,
  type Scenario,
} from '@pfnmap/scenario';
import { arm64, x86_64 } from './archs.ts';

/** The captures of the repository. */
export const capturesFolder = fileURLToPath(new URL('../../lab/captures/', import.meta.url));

/** The scenarios of the repository. */
export const scenariosFolder = fileURLToPath(new URL('../../lab/scenarios/', import.meta.url));

const FOLDERS = { x86_64: '6.12-x86_64', arm64: '6.12-arm64' } as const;

/** The capture of a real kernel that has these steps, or one that answers nothing. */
function captureOf(scenario: Scenario, arch: PlayOptions['arch']): Capture {
  const folder = `${capturesFolder}${FOLDERS[arch]}/`;
  const texts = scenario.steps.map(({ text }) => text).join('\n');
  for (const name of readdirSync(folder)) {
    const capture = parseCapture(readFileSync(folder + name, 'utf8'), name);
    if (capture.steps.map(({ step }) => step).join('\n') === texts) return capture;
  }
  const bdf = '0000:00:05.0';
  const machine = { kernel: '6.12.117', arch, bdf, options: {}, bar2: null };
  return {
    machine,
    log: [],
    steps: scenario.steps.map(({ text }) => ({ step: text, answers: [] })),
  };
}

/**
 * A player for tests of the commands: it answers what the real kernel of the captures answered. `change` may falsify
 * that.
 */
export function echoPlayer(
  change: (capture: Capture, options: PlayOptions) => Partial<Played> = () => ({}),
): PlayScenario {
  return (scenario, options) => {
    const capture = captureOf(scenario, options.arch);
    for (const [index, record] of capture.steps.entries())
      options.onStep?.({ step: scenario.steps[index]!, record, events: [] });
    return {
      capture,
      summary: {
        mapped: [{ level: 'pud', size: 2 ** 30, entries: 8, bytes: 2 ** 33 }],
        faults: 8,
        handlerCalls: 8,
        pgtablesBytes: 4096,
      },
      arch: options.arch === 'arm64' ? arm64 : x86_64,
      ...change(capture, options),
    };
  };
}
