import {
  type Answer,
  type Call,
  type Played,
  parseScenario,
  playScenario,
  type Scenario,
} from '@pfnmap/scenario';
import { seriesScenario } from '../series-scenario.ts';
import { type Asked, BARS } from './computer.ts';
import { type ReplayQuestion, yesNo } from './question.ts';

const BOTH = ['x86_64', 'arm64'] as const;

const FIRST_TOUCH = `machine bar=2M
vfio
mmap a bar2 length=2M align=2M
touch a
table a
`;

/** Every answer of one kind that a scenario gives. */
function answersOf<K extends string>(
  played: Played,
  kind: K,
): Extract<Answer, Readonly<Record<K, unknown>>>[] {
  const all = played.capture.steps.flatMap(({ answers }) => answers);
  return all.filter((answer): answer is Extract<Answer, Record<K, unknown>> => kind in answer);
}

const played = (scenario: Scenario, asked: Asked): Played => playScenario(scenario, asked);

const orderOf = (call: Call): number => ('order' in call ? call.order : -1);

/** Questions that a process or a guest can ask. */
export const scenarioQuestions: readonly ReplayQuestion[] = [
  {
    id: 'Q2',
    title: 'PUD order offered to the driver',
    archs: BOTH,
    ask: (asked) => {
      const calls = answersOf(played(seriesScenario('04-orders'), asked), 'calls');
      return yesNo(calls.some((answer) => answer.calls.some((call) => orderOf(call) === 18)));
    },
  },
  {
    id: 'Q12',
    title: 'KVM lookup in the PMD leaf, read-only',
    archs: BOTH,
    ask: (asked) => {
      const [answer] = answersOf(played(seriesScenario('10-kvm'), asked), 'access');
      return answer?.access === 0 ? 'right pfn' : 'error FAULT';
    },
  },
  {
    id: 'Q14',
    title: 'vfio type1 DMA map of the leaf',
    archs: BOTH,
    ask: (asked) => {
      const [answer] = answersOf(played(seriesScenario('13-dma'), asked), 'dmamap');
      return answer?.dmamap === 0 ? 'success' : '-EINVAL';
    },
  },
  {
    id: 'Q20',
    title: 'vfio-pci, first touch of a 2 MiB BAR',
    archs: BOTH,
    ask: (asked) => {
      const scenario = parseScenario(FIRST_TOUCH, 'replay');
      const { mapped } = playScenario(scenario, { ...asked, bar2Start: BARS.pmd.start }).summary;
      return mapped.map(({ entries, level }) => `${entries} ${level.toUpperCase()}`).join(', ');
    },
  },
];
