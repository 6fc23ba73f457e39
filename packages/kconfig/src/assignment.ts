import type { DotConfig } from './dot-config.ts';
import type { Origin } from './reason.ts';

/** A value that somebody wants a symbol to have. */
export interface Assignment {
  /** Without `CONFIG_`. */
  readonly symbol: string;
  /** `y`, `m`, `n`, a number or a text, as a `.config` would say it without quotes. */
  readonly value: string;
  readonly origin: Origin;
  /**
   * True: anything but this value is a contradiction, and an error.
   * False: a preference, as a line of a `.config` is; the rules may overrule it.
   */
  readonly isDemand: boolean;
}

/** The lines of a `.config` as preferences, the way `make olddefconfig` takes them. */
export function preferences(dotConfig: DotConfig): Assignment[] {
  return Array.from(dotConfig.entries.values(), ({ symbol, value, line }) => ({
    symbol,
    value,
    origin: { from: dotConfig.file, position: { file: dotConfig.file, line, column: 1 } },
    isDemand: false,
  }));
}

/** Values that must come out as they are said, from one source. */
export function demands(values: Readonly<Record<string, string>>, from: string): Assignment[] {
  return Object.entries(values).map(([symbol, value]) => ({
    symbol,
    value,
    origin: { from },
    isDemand: true,
  }));
}
