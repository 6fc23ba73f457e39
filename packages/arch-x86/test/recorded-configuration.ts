import type { HelperRecord } from '../../../tools/lab/oracle/evaluate.ts';
import type { archOf } from './fake-config.ts';

/** A helper of the first configuration. */
export interface RecordedHelper extends HelperRecord {
  readonly patterned: string;
  readonly random: string;
  readonly results: string;
}

/** One configuration and what differs in it from the first. */
export interface Configuration {
  readonly configuration: {
    readonly name: string;
    readonly undefine?: readonly string[];
    readonly define?: readonly string[];
    readonly state?: Readonly<Record<string, string>>;
  };
  readonly differences: Readonly<Record<string, Partial<RecordedHelper> | null>>;
}

/** A recording of tools/lab/oracle. */
export interface Vectors {
  readonly provenance: { readonly release: string; readonly config: readonly string[] };
  readonly randomWords: number;
  readonly words: string;
  readonly helpers: Readonly<Record<string, RecordedHelper>>;
  readonly configurations: readonly Configuration[];
}

type ModelOptions = NonNullable<Parameters<typeof archOf>[0]>;
type Cpu = NonNullable<ModelOptions['cpu']>;

/** Symbols that a kernel has by its version, not by its configuration. */
function symbolsOfRelease(release: string): string[] {
  if (release.startsWith('6.12.')) return ['SERIES_PATCH_17'];
  return [
    'SERIES_PATCH_17',
    'NO_DEVMAP',
    'X86_5LEVEL_ALWAYS',
    'SWAP_THREE_DEVICE_TYPES',
    'PGPROT_WRITECOMBINE_REPLACES',
  ];
}

const bitNumber = (mask: string): number => BigInt(mask).toString(2).length - 1;

/** The CPU that a recorded state stands for. */
function cpuOf(state: Readonly<Record<string, string>>): Cpu {
  const { shstk, pkru, c_bit, shared_bit, supported } = state;
  return {
    shstk: shstk === '1',
    ...(pkru === undefined ? {} : { readPkru: () => Number(pkru) }),
    ...(supported === undefined ? {} : { nx: false, pge: false }),
    ...(c_bit === undefined ? {} : { encryption: { kind: 'amd', cBit: bitNumber(c_bit) } }),
    ...(shared_bit === undefined
      ? {}
      : { encryption: { kind: 'tdx', gpaBits: bitNumber(shared_bit) + 1 } }),
  };
}

/** What the model must be made with to be the recorded kernel. */
export function modelOptions(vectors: Vectors, { configuration }: Configuration): ModelOptions {
  const { release, config } = vectors.provenance;
  const symbols = new Set([
    ...symbolsOfRelease(release),
    ...config.filter((line) => line.endsWith('=y')).map((line) => line.slice(7, -2)),
    ...(configuration.define ?? []),
  ]);
  for (const symbol of configuration.undefine ?? []) symbols.delete(symbol);
  const state = configuration.state ?? {};
  return {
    symbols: [...symbols],
    levels: state.la57 === '1' ? 5 : 4,
    cpu: cpuOf(state),
  };
}
