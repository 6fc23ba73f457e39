/** What `labSetup`, `labRun` and campaigns tell while they work. Elapsed times are milliseconds, sizes bytes. */
export type LabEvent =
  /** Before the first step: what will be done and what it needs. */
  | {
      readonly type: 'plan';
      readonly target: string;
      readonly steps: readonly string[];
      readonly diskBytes: number;
    }
  | { readonly type: 'step-start'; readonly step: string; readonly text: string }
  /** `kept`: the result of an earlier run is still good, nothing was done. */
  | {
      readonly type: 'step-end';
      readonly step: string;
      readonly kept: boolean;
      readonly elapsed: number;
    }
  | {
      readonly type: 'progress';
      readonly step: string;
      readonly bytes: number;
      readonly totalBytes: number;
      readonly elapsed: number;
    }
  | {
      readonly type: 'boot-start';
      readonly target: string;
      readonly options: Readonly<Record<string, string>>;
      readonly scenarios: number;
    }
  | { readonly type: 'scenario-start'; readonly scenario: string; readonly elapsed: number }
  | { readonly type: 'scenario-end'; readonly scenario: string; readonly elapsed: number }
  | { readonly type: 'boot-end'; readonly elapsed: number }
  | {
      readonly type: 'capture';
      readonly scenario: string;
      readonly path: string;
      readonly steps: number;
      readonly crash: readonly string[];
    }
  /** A scenario of a campaign was compared. */
  | {
      readonly type: 'campaign-progress';
      readonly done: number;
      readonly total: number;
      readonly differing: number;
      readonly deaths: number;
    }
  /** A round of shrinking begins; so many findings are not minimal yet. */
  | { readonly type: 'campaign-shrink'; readonly open: number }
  | { readonly type: 'note'; readonly text: string };

/** Receives the events; it must not throw. */
export type Reporter = (event: LabEvent) => void;

/** Says nothing. */
export const silentReporter: Reporter = () => {};

/** A size as a person reads it: `1.4 GB`, `107 MB`, `512 B` (powers of 1000). */
export function formatBytes(bytes: number): string {
  for (const [unit, size] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ] as const) {
    if (bytes >= size) return `${(bytes / size).toFixed(bytes >= 100 * size ? 0 : 1)} ${unit}`;
  }
  return `${bytes} B`;
}

/** One line of text for an event, or undefined where a line would be noise (progress). */
export function formatEvent(event: LabEvent): string | undefined {
  switch (event.type) {
    case 'plan':
      return `${event.target}: ${event.steps.join(', ')}; needs about ${formatBytes(event.diskBytes)} of disk`;
    case 'step-start':
      return `${event.step}: ${event.text}`;
    case 'step-end':
      return `${event.step}: ${event.kept ? 'already there' : `done in ${(event.elapsed / 1000).toFixed(1)} s`}`;
    case 'boot-start': {
      const options = Object.entries(event.options).map(([key, value]) => `${key}=${value}`);
      return `boot ${[event.target, ...options].join(' ')}: ${event.scenarios} scenarios`;
    }
    case 'boot-end':
      return `boot ended after ${(event.elapsed / 1000).toFixed(1)} s`;
    case 'capture':
      return `${event.scenario}: ${event.steps} steps${event.crash.length > 0 ? `, CRASH: ${event.crash[0]}` : ''}`;
    case 'campaign-shrink':
      return `shrinking ${event.open} scenarios that differ`;
    case 'note':
      return event.text;
    default:
      return undefined;
  }
}
