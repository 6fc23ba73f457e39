// @ts-check
// Seeded random Kconfig texts with answers, for the comparison with the kernel's own conf.

/** @typedef {{ kconfig: string, config: string }} RandomCase */
/** @typedef {{ name: string, type: string, start?: number, length?: number }} RandomSymbol */

/** A small generator of numbers below 1: the same seed, the same texts. @param {number} seed */
function numbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return ((state >>> 8) & 0xffff) / 0x10000;
  };
}

class Writer {
  /** @param {number} seed */
  constructor(seed) {
    this.next = numbers(seed);
    /** @type {string[]} */
    this.lines = [];
    /** @type {RandomSymbol[]} */
    this.symbols = [];
  }

  /** @param {number} probability */
  chance(probability) {
    return this.next() < probability;
  }

  /** @param {number} count */
  below(count) {
    return Math.floor(this.next() * count);
  }

  /** @template T @param {readonly T[]} list @returns {T} */
  pick(list) {
    return /** @type {T} */ (list[this.below(list.length)]);
  }

  /** @param {string} type */
  value(type) {
    switch (type) {
      case 'int':
        return this.pick(['0', '3', '42', '-1']);
      case 'hex':
        return this.pick(['0x0', '0x1f', '0xA']);
      case 'string':
        return this.pick(['"ab"', '"y"', '""']);
      default:
        return this.pick(['y', 'n', 'm']);
    }
  }

  /** A symbol or comparison; only symbols before `limit`, so that no loop arises. @param {number} limit */
  atom(limit) {
    if (limit === 0 || this.chance(0.12)) return this.pick(['y', 'n', 'm']);
    const { name, type } = this.pick(this.symbols.slice(0, limit));
    const operator = this.pick(['=', '!=', '<', '<=', '>', '>=']);
    if (type === 'int') return `${name} ${operator} ${this.pick(['0', '3', '5', '"7"'])}`;
    if (type === 'hex') return `${name} ${operator} ${this.pick(['0x0', '0x10', '0xa'])}`;
    if (type === 'string') return `${name} ${operator} ${this.pick(['""', '"ab"', '"y"'])}`;
    return this.chance(0.2) ? `${name} ${operator} ${this.pick(['y', 'm', 'n'])}` : name;
  }

  /** @param {number} limit @param {number} [depth] @returns {string} */
  expression(limit, depth = 2) {
    if (depth === 0 || this.chance(0.45)) return this.atom(limit);
    const left = this.expression(limit, depth - 1);
    if (this.chance(0.25)) return `!(${left})`;
    const right = this.expression(limit, depth - 1);
    return this.pick([`${left} && ${right}`, `(${left} || ${right})`, `${left} || ${right}`]);
  }

  /** @param {number} limit */
  condition(limit, probability = 0.4) {
    return this.chance(probability) ? ` if ${this.expression(limit)}` : '';
  }

  /** @param {number} index @param {number} start */
  member(index, start) {
    const { name } = /** @type {RandomSymbol} */ (this.symbols[index]);
    this.lines.push(`config ${name}`, `\tbool "${name}"${this.condition(start, 0.3)}`);
    if (this.chance(0.3)) this.lines.push(`\tdepends on ${this.expression(start)}`);
  }

  /** @param {number} index */
  config(index) {
    const { name, type } = /** @type {RandomSymbol} */ (this.symbols[index]);
    const isLogical = type === 'bool' || type === 'tristate';
    const prompt = this.chance(0.65) ? ` "${name}"${this.condition(index, 0.3)}` : '';
    this.lines.push(`config ${name}`, `\t${type}${prompt}`);
    for (let count = 0; count < 2; count += 1)
      if (this.chance(0.35)) {
        const value = isLogical ? this.expression(index) : this.value(type);
        this.lines.push(`\tdefault ${value}${this.condition(index)}`);
      }
    if (this.chance(0.5)) this.lines.push(`\tdepends on ${this.expression(index)}`);
    if (type === 'int' && this.chance(0.5))
      this.lines.push(`\trange ${this.pick(['0', '-3', '5'])} ${this.pick(['9', '40'])}`);
    if (type === 'hex' && this.chance(0.5)) this.lines.push('\trange 0x2 0x10');
    if (isLogical) this.reverse(index);
  }

  /** @param {number} index */
  reverse(index) {
    const targets = this.symbols.slice(index + 1).filter(({ type, start }) => {
      return start === undefined && (type === 'bool' || type === 'tristate');
    });
    for (let count = 0; count < 2; count += 1)
      if (targets.length > 0 && this.chance(0.35))
        this.lines.push(
          `\t${this.pick(['select', 'imply'])} ${this.pick(targets).name}${this.condition(index)}`,
        );
  }

  plan() {
    const types = ['bool', 'bool', 'tristate', 'tristate', 'tristate', 'int', 'hex', 'string'];
    const count = 3 + this.below(9);
    for (let index = 0; index < count; index += 1)
      this.symbols.push({ name: `S${index}`, type: this.pick(types) });
    for (let start = 0; start + 2 <= count; start += 1) {
      const length = Math.min(2 + this.below(2), count - start);
      const run = this.symbols.slice(start, start + length);
      if (!this.chance(0.18) || run.some((symbol) => symbol.start !== undefined)) continue;
      for (const symbol of run) Object.assign(symbol, { type: 'bool', start, length });
    }
  }

  body() {
    let open = '';
    for (let index = 0; index < this.symbols.length; ) {
      const { start, length = 1 } = /** @type {RandomSymbol} */ (this.symbols[index]);
      if (open === '' && this.chance(0.15)) {
        open = this.pick(['endif', 'endmenu']);
        if (open === 'endif') this.lines.push(`if ${this.expression(index)}`);
        else this.lines.push('menu "m"', `\tvisible if ${this.expression(index)}`);
      }
      if (start === undefined) this.config(index);
      else {
        this.lines.push('choice', `\tprompt "c"${this.condition(index, 0.3)}`);
        if (this.chance(0.5)) this.lines.push(`\tdefault S${start + this.below(length)}`);
        for (let each = 0; each < length; each += 1) this.member(start + each, start);
        this.lines.push('endchoice');
      }
      index += length;
      if (open !== '' && this.chance(0.5)) {
        this.lines.push(open);
        open = '';
      }
    }
    if (open !== '') this.lines.push(open);
  }

  answers() {
    const order = this.symbols.map((symbol) => ({ symbol, key: this.next() }));
    order.sort((a, b) => a.key - b.key);
    let config = '';
    for (const { symbol } of order) {
      if (this.chance(0.45)) continue;
      const value = this.value(symbol.type);
      const isOff = value === 'n';
      config += isOff ? `# CONFIG_${symbol.name} is not set\n` : `CONFIG_${symbol.name}=${value}\n`;
    }
    return config;
  }
}

/** @param {number} seed @returns {RandomCase} */
export function randomCase(seed) {
  const writer = new Writer(seed);
  if (writer.chance(0.8))
    writer.lines.push('config MODULES', '\tbool "modules"', '\tdefault y', '\tmodules');
  writer.plan();
  writer.body();
  return { kconfig: `${writer.lines.join('\n')}\n`, config: writer.answers() };
}
