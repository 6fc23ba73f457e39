/** Facts about the state in which the modelled kernel would stop. Values are printed as they are. */
export type BugState = Readonly<Record<string, string | number | boolean>>;

/**
 * The modelled kernel would crash here, or corrupt memory: a BUG_ON, a leaf read as a table, a use after free of a table
 * page. Finding such places is what the model is for, so this is a result about the kernel, not a defect of the model.
 */
export class KernelBug extends Error {
  /** The kernel function that stops, e.g. `__split_huge_pmd`. */
  readonly where: string;
  readonly state: BugState;

  constructor(what: string, where: string, state: BugState = {}) {
    const facts = Object.entries(state).map(([name, value]) => `${name}=${value}`);
    super(`${where}: ${what}${facts.length > 0 ? ` (${facts.join(', ')})` : ''}`);
    this.name = 'KernelBug';
    this.where = where;
    this.state = state;
  }
}
