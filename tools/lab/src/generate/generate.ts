import { LabError } from '../errors.ts';
import type { LabArch } from '../target/target.ts';
import { type Draft, type DraftMap, G, geometryOf, say } from './draft.ts';
import { forkOnce } from './fork.ts';
import { accessSlot, addSlot } from './guest.ts';
import { KIND_NAMES, KINDS, type Kind, type KindName } from './kinds.ts';
import { addAnonymous, addMapping } from './mapping.ts';
import { OPERATIONS } from './operations.ts';
import { peerDoes, startPeer } from './peer.ts';
import { Random } from './random.ts';

/** Which scenario to write. */
export interface GenerateOptions {
  readonly kind: KindName;
  readonly seed: number;
  /** Bytes; 4096 if left out. */
  readonly pageSize?: number;
  /** Decides what a machine line may ask for; x86_64 if left out. */
  readonly arch?: LabArch;
  /** Numbers of operations; 14 to 30 if left out. */
  readonly length?: readonly [least: number, most: number];
}

/** A scenario and the file name it goes by. */
export interface GeneratedScenario {
  readonly name: string;
  readonly text: string;
}

/** The address space that a machine does not have unless it is asked for. */
const OTHER_SPACE: Readonly<Record<LabArch, Readonly<Record<string, string>>>> = {
  x86_64: { levels: '5' },
  arm64: { va: '48' },
};

type AnyOperation = keyof Kind['operations'];

/**
 * Writes a random scenario. Equal options give equal text, on every machine and every version of
 * Node. Throws `bad-scenario` for a kind there is not.
 */
export function generateScenario(options: GenerateOptions): GeneratedScenario {
  const kind: Kind | undefined = KINDS[options.kind];
  if (!kind) {
    throw new LabError(
      'bad-scenario',
      `There is no kind ${options.kind}.`,
      `Choose one of ${KIND_NAMES.join(', ')}.`,
    );
  }
  const pageSize = options.pageSize ?? 4096;
  const random = new Random(`${options.kind}-${options.seed}-${pageSize}`);
  const draft = open(kind, random, pageSize, options.arch ?? 'x86_64');
  addMapping(draft, kind.mapping);
  const [least, most] = options.length ?? [14, 30];
  const weights = Object.entries(kind.operations) as [AnyOperation, number][];
  for (let left = random.between(least, most); left > 0; left--) oneStep(draft, kind, weights);
  for (const map of draft.maps) say(draft, `table ${map.name}`);
  if (draft.peerMaps) say(draft, 'endpeer');
  // A virtual machine's memory is the process's too, so the counters would tell of it.
  if (!kind.kvm) say(draft, 'mm');
  const name = `${options.kind}-${String(options.seed).padStart(4, '0')}.scn`;
  return { name, text: `${draft.lines.join('\n')}\n` };
}

/** The machine line, and the devices opened. */
function open(kind: Kind, random: Random, pageSize: number, arch: LabArch): Draft {
  const geometry = geometryOf(pageSize);
  const bars = kind.bars.filter((bar) => bar >= pageSize);
  const draft: Draft = {
    random,
    geometry,
    bar: random.pick(bars),
    lines: [],
    maps: [],
    mode: kind.lab && random.pick(kind.lab),
    hazard: kind.hazard === true,
    named: 0,
    slots: [],
    dma: [],
    peerMaps: undefined,
    inChild: false,
  };
  const thp = random.pick(['always', 'always', 'always', 'always', 'never', 'madvise']);
  // QEMU's processor with five levels has no nested paging.
  const isOther = random.percent(15) && !kind.kvm;
  const space = isOther ? OTHER_SPACE[arch] : {};
  say(draft, 'machine', { bar: draft.bar, thp, cpus: kind.cpus?.toString(), ...space });
  if (kind.vfio) say(draft, 'vfio');
  if (kind.kvm) say(draft, 'kvm');
  if (draft.mode) openLab(draft, draft.mode, arch);
  if (kind.watch) say(draft, 'watch');
  return draft;
}

/** Where the emulator puts a BAR 2 of 8 GiB, the size that goes with the test driver. */
const BAR_ADDRESS: Readonly<Record<LabArch, number>> = { x86_64: 8 * G, arm64: 512 * G };

function openLab(draft: Draft, mode: string, arch: LabArch): void {
  const { random, geometry } = draft;
  const pmdPages = geometry.pmd / geometry.page;
  // Frames that begin off the boundaries of huge entries.
  const shift = random.percent(15) ? random.pick([1, pmdPages]) : 0;
  const pages = `${draft.bar / geometry.page - shift}`;
  const maxorder =
    mode === 'remap' ? undefined : String(random.pick([2, 2, 2, 1, 0]) * Math.log2(pmdPages));
  const pfn = shift > 0 ? `${BAR_ADDRESS[arch] / geometry.page + shift}` : undefined;
  const access = random.percent(20) ? 'access' : '';
  say(draft, 'lab', { pages, mode, maxorder, pfn }, access);
}

function oneStep(draft: Draft, kind: Kind, weights: readonly (readonly [AnyOperation, number])[]) {
  const { random } = draft;
  if (draft.maps.length === 0) {
    addMapping(draft, kind.mapping);
    return;
  }
  const map = random.pick(draft.maps);
  if (!operate(draft, kind, random.weighted(weights), map)) say(draft, `table ${map.name}`);
}

function operate(draft: Draft, kind: Kind, name: AnyOperation, map: DraftMap): boolean {
  const { random } = draft;
  switch (name) {
    case 'map':
      addMapping(draft, kind.mapping);
      return true;
    case 'anon':
      addAnonymous(draft);
      return true;
    case 'fork':
      forkOnce(draft, map, 5);
      return true;
    case 'peer':
      if (!draft.peerMaps) startPeer(draft);
      peerDoes(draft, random.pick(draft.peerMaps!));
      return true;
    case 'slot':
      return addSlot(draft, map);
    case 'access':
      return accessSlot(draft);
    default:
      return OPERATIONS[name](draft, map);
  }
}
