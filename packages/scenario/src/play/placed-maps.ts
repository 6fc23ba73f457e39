import { alignUp } from '@pfnmap/pgtable-core';

/** A named mapping of a scenario. */
export interface PlacedMap {
  readonly name: string;
  start: number;
  length: number;
}

/** Where the first mapping goes. */
const FIRST_ADDRESS = 0x200000000000;

/** Pages are 4 KiB apart at least, whatever the page size of the machine. */
const GAP = 4096;

/** The mappings of a scenario by name, and where the next one goes. A child has a copy of its own. */
export class PlacedMaps {
  private readonly maps: PlacedMap[];
  private cursor: number;
  private readonly pageSize: number;

  constructor(pageSize: number, cursor = FIRST_ADDRESS, maps: readonly PlacedMap[] = []) {
    this.pageSize = pageSize;
    this.cursor = cursor;
    this.maps = maps.map((map) => ({ ...map }));
  }

  /** What a child process starts with. */
  copy(): PlacedMaps {
    return new PlacedMaps(this.pageSize, this.cursor, this.maps);
  }

  /**
   * The next address that is `phase` past a multiple of `align`, a page unless told. The cursor moves on even if the
   * call fails then.
   */
  place(length: number, align: number | undefined, phase: number): number {
    const at = alignUpAny(this.cursor, align ?? this.pageSize) + phase;
    const step = Math.max(GAP, this.pageSize);
    this.cursor = at + alignUp(length, step) + step;
    return at;
  }

  add(name: string, start: number, length: number): void {
    this.maps.push({ name: name.slice(0, 15), start, length });
  }

  /** The first mapping of that name. */
  find(name: string): PlacedMap | undefined {
    return this.maps.find((map) => map.name === name);
  }

  names(): string[] {
    return this.maps.map(({ name }) => name);
  }

  /** The first mapping that holds an address. */
  holding(address: number): PlacedMap | undefined {
    return this.maps.find((map) => address >= map.start && address < map.start + map.length);
  }
}

/** Rounds up to a multiple that need not be a power of two. */
const alignUpAny = (value: number, multiple: number): number =>
  Math.ceil(value / multiple) * multiple;
