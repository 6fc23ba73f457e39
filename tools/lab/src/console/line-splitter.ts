/** Cuts text that comes in pieces into lines. A line may be long: no piece is looked at twice. */
export class LineSplitter {
  #begun: string[] = [];

  /** The lines that end in a piece, without their ends. */
  take(piece: string): string[] {
    const [first = '', ...more] = piece.split('\n');
    this.#begun.push(first);
    if (more.length === 0) return [];
    const lines = [this.rest, ...more.slice(0, -1)];
    this.#begun = more.slice(-1);
    return lines;
  }

  /** The beginning of a line whose end has not come yet. */
  get rest(): string {
    return this.#begun.join('');
  }
}
