import type { Assignment } from '../assignment.ts';
import { preferences } from '../assignment.ts';
import type { DotConfig } from '../dot-config.ts';
import type { UnmetDependencyError } from '../errors.ts';
import { ContradictionError, UnknownKernelError, UnknownSymbolError } from '../errors.ts';
import type { KconfigModel } from '../model.ts';
import { didYouMean } from '../nearest-name.ts';
import { type Overruled, type Resolution, resolve } from '../resolve.ts';
import { kernelModel, revertedModel } from './kernel-model.ts';
import { type KernelProfile, kernelProfiles } from './profiles.ts';
import { kernelChanges } from './render-changes.ts';
import { seriesPatches } from './series-patches.ts';

/** The architectures of the rules, as the folders of the kernel tree are called. */
export const kernelArchs: readonly string[] = /* @__PURE__ */ Object.freeze([
  'x86',
  'arm64',
  'riscv',
  'powerpc',
  's390',
  'sparc',
]);

/** Which kernel to resolve. */
export interface KernelRequest {
  /** The name of a profile: `base`, `posted-01` … `posted-19`, `6.12`, `6.12.117`, `7.3`, … */
  readonly profile: string;
  /** The folder of the architecture: `x86`, `arm64`, … */
  readonly arch: string;
  /** Decides the options that a user can set; without it they have their defaults. */
  readonly dotConfig?: DotConfig | undefined;
  /** Symbols to turn on, or `NAME=value`, on top of profile and `.config`. */
  readonly with?: readonly string[] | undefined;
  /** Symbols to turn off; what depends on them goes off as well. */
  readonly without?: readonly string[] | undefined;
  /**
   * Patches to take out of the middle of the series, as `git revert` would; patches that cannot be built without them go
   * as well, the others stay. `without` cuts the series off instead.
   */
  readonly reverted?: readonly string[] | undefined;
}

/**
 * The configuration of one kernel, frozen. Symbols are accepted with and without `CONFIG_`.
 */
export interface KernelConfig {
  /** The name of the profile: `6.12.117`. */
  readonly profile: string;
  /** The folder of the architecture: `x86`, `arm64`, … */
  readonly arch: string;
  /**
   * True for y and m.
   *
   * @throws UnknownSymbolError with the nearest names
   */
  enabled(symbol: string): boolean;
  /**
   * The value: a letter for bool and tristate, a number for int (a bigint beyond 2^53), a bigint for
   * hex, a text for string.
   *
   * @throws UnknownSymbolError with the nearest names
   */
  value(symbol: string): string | number | bigint | 'y' | 'm' | 'n';
  /**
   * One sentence that says why, down to the choices that cause it.
   *
   * @throws UnknownSymbolError with the nearest names
   */
  why(symbol: string): string;
  /** All symbols that can be asked for, without `CONFIG_`. */
  symbols(): readonly string[];
}

/** What {@link resolveKernel} returns: the configuration and what it made of the request. */
export interface ResolvedKernelConfig extends KernelConfig {
  /**
   * Parts of the profile and lines of the `.config` that did not come out as they say, with reasons:
   * what `without` took along, and options that do not go together.
   */
  readonly overruled: readonly Overruled[];
  /** Selects that turned on symbols against their dependencies; empty for the rules of this package. */
  readonly warnings: readonly UnmetDependencyError[];
}

/** Drops `CONFIG_` in front of a name. */
function bareName(symbol: string): string {
  return symbol.startsWith('CONFIG_') ? symbol.slice('CONFIG_'.length) : symbol;
}

function findProfile(name: string): KernelProfile {
  const found = kernelProfiles.find((profile) => profile.name === name);
  if (found !== undefined) return found;
  const known = kernelProfiles.map((profile) => profile.name);
  const advice = didYouMean(name, known);
  throw new UnknownKernelError(
    name,
    known,
    `there is no profile "${name}"; ${advice === '' ? '' : `${advice} `}known are ${known.join(', ')}`,
  );
}

function checkArch(arch: string, dotConfig: DotConfig | undefined): void {
  if (!kernelArchs.includes(arch)) {
    const hint = { x86_64: 'x86', amd64: 'x86', i386: 'x86', aarch64: 'arm64' }[arch];
    const advice = hint === undefined ? '' : `the kernel tree calls it ${hint}; `;
    throw new UnknownKernelError(
      arch,
      kernelArchs,
      `there is no architecture "${arch}"; ${advice}known are ${kernelArchs.join(', ')}`,
    );
  }
  if (dotConfig?.arch !== undefined && dotConfig.arch !== arch)
    throw new ContradictionError(
      'SRCARCH',
      { wanted: arch, got: dotConfig.arch },
      `this is a configuration of Linux/${dotConfig.arch}, and the architecture asked for is ${arch}`,
      { position: { file: dotConfig.file, line: 1, column: 1 } },
    );
}

/** LINUX_VERSION_CODE of `major.minor.patch`. */
function versionCode(version: string): string {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  return `0x${(major * 65536 + minor * 256 + Math.min(patch, 255)).toString(16)}`;
}

function demand(symbol: string, value: string, from: string): Assignment {
  return { symbol, value, origin: { from }, isDemand: true };
}

function withDemand(text: string): Assignment {
  const equals = text.indexOf('=');
  if (equals < 0) return demand(bareName(text), 'y', 'the request (with)');
  return demand(bareName(text.slice(0, equals)), text.slice(equals + 1), 'the request (with)');
}

function collectAssignments(request: KernelRequest, profile: KernelProfile): Assignment[] {
  const from = `profile ${profile.name}`;
  const off = (by: string, symbols: readonly string[] = []): Assignment[] =>
    symbols.map((symbol) => demand(bareName(symbol), 'n', `the request (${by})`));
  const asked = [
    ...(request.with ?? []).map(withDemand),
    ...off('without', request.without),
    ...off('reverted', request.reverted),
  ];
  const seen = new Map<string, Assignment>();
  for (const assignment of asked) {
    const { symbol, value, origin } = assignment;
    const other = seen.get(symbol);
    if (other !== undefined && other.value !== value)
      throw new ContradictionError(
        symbol,
        { wanted: value, got: other.value },
        `${other.origin.from} asks for ${symbol}=${other.value}, and ${origin.from} for ${value}; leave one out`,
      );
    seen.set(symbol, assignment);
  }
  return [
    ...(request.dotConfig === undefined ? [] : preferences(request.dotConfig)),
    ...[...seriesPatches, ...kernelChanges].map(({ symbol }) => ({
      symbol,
      value: profile.selects.includes(symbol) ? 'y' : 'n',
      origin: { from },
      isDemand: false,
    })),
    demand('SRCARCH', request.arch, 'the request (arch)'),
    demand('LINUX_VERSION_CODE', versionCode(profile.version), from),
    ...asked,
  ];
}

function typedValue(text: string, type: string): string | number | bigint {
  if (type === 'hex') return BigInt(/^0[xX]/.test(text) ? text : `0x${text}`);
  if (type !== 'int') return text;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

/** A value of which only the `.config` knows: numbers by their looks. */
function looseValue(text: string): string | number | bigint {
  if (/^0[xX][0-9a-fA-F]+$/.test(text)) return typedValue(text, 'hex');
  return typedValue(text, /^-?[0-9]+$/.test(text) ? 'int' : 'string');
}

/** Answers for symbols of the rules, and for the rest of the `.config`. */
class ConfigView {
  readonly names: readonly string[];
  private readonly model: KconfigModel;
  private readonly resolution: Resolution;
  private readonly dotConfig: DotConfig | undefined;

  constructor(model: KconfigModel, resolution: Resolution, dotConfig: DotConfig | undefined) {
    this.model = model;
    this.resolution = resolution;
    this.dotConfig = dotConfig;
    const others = [...(dotConfig?.entries.keys() ?? [])].filter(
      (name) => !model.symbols.has(name),
    );
    this.names = Object.freeze([...resolution.symbols(), ...others]);
  }

  enabled(symbol: string): boolean {
    const text = this.text(bareName(symbol));
    return text === 'y' || text === 'm';
  }

  value(symbol: string): string | number | bigint {
    const name = bareName(symbol);
    const text = this.text(name);
    const type = this.model.symbols.get(name)?.type;
    return type === undefined ? looseValue(text) : typedValue(text, type);
  }

  why(symbol: string): string {
    const name = bareName(symbol);
    if (this.model.symbols.has(name)) return this.resolution.why(name);
    const text = this.text(name);
    const { file, entries } = this.dotConfig!;
    return `${name}=${text} set by ${file}:${entries.get(name)!.line}, and no rule here decides it`;
  }

  private text(name: string): string {
    if (this.model.symbols.has(name)) return this.resolution.text(name);
    const entry = this.dotConfig?.entries.get(name);
    if (entry !== undefined) return entry.value;
    const advice = didYouMean(name, this.names) || 'no known name is near it';
    throw new UnknownSymbolError(name, `there is no symbol ${name}; ${advice}`);
  }
}

/**
 * Resolves the configuration of one kernel.
 *
 * The profile says which patches and changes are in, the `.config` what its builder chose; everything
 * else follows from the rules. `with` and `without` are demands: they come out as asked, or the call
 * fails and says what stands against them. Parts of the profile that rest on something in `without`
 * go with it.
 *
 * @throws UnknownKernelError for a profile or architecture that is not known
 * @throws UnknownSymbolError for a name in `with` or `without` that is no symbol
 * @throws InvalidValueError for a value that the symbol cannot hold
 * @throws ContradictionError for demands that the rules do not allow, with the chain of reasons
 */
export function resolveKernel(request: KernelRequest): ResolvedKernelConfig {
  const profile = findProfile(request.profile);
  checkArch(request.arch, request.dotConfig);
  const model = (request.reverted ?? []).length > 0 ? revertedModel() : kernelModel();
  const resolution = resolve(model, collectAssignments(request, profile));
  const view = new ConfigView(model, resolution, request.dotConfig);
  return Object.freeze({
    profile: profile.name,
    arch: request.arch,
    enabled: (symbol: string) => view.enabled(symbol),
    value: (symbol: string) => view.value(symbol),
    why: (symbol: string) => view.why(symbol),
    symbols: () => view.names,
    overruled: resolution.overruled,
    warnings: resolution.warnings,
  });
}
