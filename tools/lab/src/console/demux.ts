/** What came over the console, taken apart: a line of the guest's programs, or of the kernel. */
export interface ConsoleLine {
  readonly from: 'program' | 'kernel';
  readonly text: string;
}

const STAMP = /\[ *\d+\.\d{6}\]/;

/**
 * Takes the kernel's messages out of the programs' output. Both share one serial port, and the
 * kernel writes a message whole wherever the programs' output stands, also inside a line: such a
 * line goes on after the message. A kernel line is known by its time stamp.
 */
export class ConsoleDemux {
  /** The beginning of a program's line that a kernel message fell into. */
  #broken = '';

  /** What a line of the console is, without its end. */
  line(text: string): ConsoleLine {
    // The messages that the init script repeats carry stamps of their own.
    const at = text.startsWith('@dmesg ') ? -1 : text.search(STAMP);
    if (at >= 0) {
      this.#broken += text.slice(0, at);
      return { from: 'kernel', text: text.slice(at) };
    }
    const whole = this.#broken + text;
    this.#broken = '';
    return { from: 'program', text: whole };
  }

  /** The program's line that the end of the console cut off, or undefined. */
  end(): ConsoleLine | undefined {
    return this.#broken === '' ? undefined : { from: 'program', text: this.#broken };
  }
}
