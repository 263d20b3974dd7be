// Names of C++ functions and variables out of their symbols (Itanium C++ ABI, 5.1), without parameters, as people call them. What is not
// understood gives no name rather than a wrong one.

const BUILTIN: Readonly<Record<string, string>> = {
  ...{ v: 'void', w: 'wchar_t', b: 'bool', c: 'char', a: 'signed char', h: 'unsigned char', s: 'short', t: 'unsigned short', i: 'int' },
  ...{ j: 'unsigned int', l: 'long', m: 'unsigned long', x: 'long long', y: 'unsigned long long', n: '__int128', o: 'unsigned __int128' },
  ...{ f: 'float', d: 'double', e: 'long double', g: '__float128', z: '...' },
  ...{ Di: 'char32_t', Ds: 'char16_t', Du: 'char8_t', Da: 'auto', Dn: 'decltype(nullptr)' },
};
const STANDARD: Readonly<Record<string, string>> = {
  ...{ St: 'std', Sa: 'std::allocator', Sb: 'std::basic_string', Ss: 'std::string' },
  ...{ Si: 'std::istream', So: 'std::ostream', Sd: 'std::iostream' },
};
const OPERATORS: Readonly<Record<string, string>> = {
  ...{ nw: ' new', na: ' new[]', dl: ' delete', da: ' delete[]', ps: '+', ng: '-', ad: '&', de: '*', co: '~', pl: '+', mi: '-', ml: '*' },
  ...{ dv: '/', rm: '%', an: '&', or: '|', eo: '^', aS: '=', pL: '+=', mI: '-=', mL: '*=', dV: '/=', rM: '%=', aN: '&=', oR: '|=' },
  ...{ eO: '^=', ls: '<<', rs: '>>', lS: '<<=', rS: '>>=', eq: '==', ne: '!=', lt: '<', gt: '>', le: '<=', ge: '>=', ss: '<=>' },
  ...{ nt: '!', aa: '&&', oo: '||', pp: '++', mm: '--', cm: ',', pm: '->*', pt: '->', cl: '()', ix: '[]' },
};
const SPECIAL: Readonly<Record<string, string>> = {
  ...{ TV: 'vtable for ', TT: 'VTT for ', TI: 'typeinfo for ', TS: 'typeinfo name for ' },
};
const MAX_DEPTH = 64;
/** Templates can repeat what is behind a substitution again and again. */
const MAX_LENGTH = 4096;

class NotUnderstood extends Error {}

/** `symbol` begins with _Z; undefined where it is of a kind that is not read here. */
export function itaniumName(symbol: string): string | undefined {
  try {
    return new Reader(symbol).whole();
  } catch (error) {
    if (error instanceof NotUnderstood) return undefined;
    throw error;
  }
}

class Reader {
  private at = 2;
  private depth = 0;
  private readonly substitutions: string[] = [];

  constructor(private readonly text: string) {}

  whole(): string {
    const special = SPECIAL[this.text.slice(2, 4)];
    if (special !== undefined) {
      this.at = 4;
      return special + this.type();
    }
    if (this.text.startsWith('GV', 2)) {
      this.at = 4;
      return `guard variable for ${this.name()}`;
    }
    if (/^[TG]/.test(this.text.slice(2))) throw new NotUnderstood();
    return this.name();
  }

  private next(): string {
    return this.text[this.at] ?? '';
  }

  private takeIf(text: string): boolean {
    if (!this.text.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  private nested<T>(body: () => T): T {
    if (++this.depth > MAX_DEPTH) throw new NotUnderstood();
    const result = body();
    this.depth--;
    return result;
  }

  private keep(name: string): string {
    if (name.length > MAX_LENGTH) throw new NotUnderstood();
    this.substitutions.push(name);
    return name;
  }

  private name(): string {
    return this.nested(() => {
      if (this.takeIf('N')) return this.nestedName();
      // Names inside functions need the function's parameters to be read.
      if (this.next() === 'Z') throw new NotUnderstood();
      let name: string;
      if (this.takeIf('St')) name = `std::${this.unqualified('')}`;
      else if (this.next() === 'S') {
        name = this.substitution();
        if (this.next() !== 'I') throw new NotUnderstood();
        return this.specialised(name);
      } else name = this.unqualified('');
      if (this.next() !== 'I') return name;
      this.keep(name);
      return this.specialised(name);
    });
  }

  private nestedName(): string {
    while (/[rVKRO]/.test(this.next())) this.at++;
    let name = '';
    let last = '';
    while (!this.takeIf('E')) {
      if (this.next() === 'S' && !this.text.startsWith('St', this.at)) {
        name = this.substitution();
        last = lastPart(name);
        continue;
      }
      if (this.takeIf('St')) {
        name = 'std';
        last = 'std';
        continue;
      }
      if (this.next() === 'I') {
        name = this.specialised(name);
        if (this.next() !== 'E') this.keep(name);
        continue;
      }
      if (this.next() === 'T' || (this.next() === 'D' && /^D[tT]/.test(this.text.slice(this.at)))) throw new NotUnderstood();
      // Their full names are long, and constructors are called by those.
      if (/^std::(string|[io]+stream)$/.test(name) && /^[CD]\d/.test(this.text.slice(this.at))) throw new NotUnderstood();
      const part = this.unqualified(last);
      last = part;
      name = name === '' ? part : `${name}::${part}`;
      if (this.next() !== 'E') this.keep(name);
    }
    return name;
  }

  private unqualified(enclosing: string): string {
    const digits = /^\d+/.exec(this.text.slice(this.at))?.[0];
    let name: string;
    if (digits !== undefined) {
      this.at += digits.length;
      const length = Number(digits);
      name = this.text.slice(this.at, this.at + length);
      if (name.length < length) throw new NotUnderstood();
      this.at += length;
      if (/^_GLOBAL_[._$]N/.test(name)) name = '(anonymous namespace)';
    } else if (/^C[123]/.test(this.text.slice(this.at))) {
      this.at += 2;
      name = withoutArguments(enclosing);
    } else if (/^D[0124]/.test(this.text.slice(this.at))) {
      this.at += 2;
      name = `~${withoutArguments(enclosing)}`;
    } else if (this.takeIf('L')) name = this.unqualified(enclosing);
    else {
      const operator = OPERATORS[this.text.slice(this.at, this.at + 2)];
      if (operator === undefined) throw new NotUnderstood();
      this.at += 2;
      name = `operator${operator}`;
    }
    while (this.takeIf('B')) name += `[abi:${this.unqualified('')}]`;
    return name;
  }

  private substitution(): string {
    const standard = STANDARD[this.text.slice(this.at, this.at + 2)];
    if (standard !== undefined) {
      this.at += 2;
      return standard;
    }
    const [all, digits] = /^S([0-9A-Z]*)_/.exec(this.text.slice(this.at)) ?? [];
    if (all === undefined || digits === undefined) throw new NotUnderstood();
    this.at += all.length;
    const known = this.substitutions[digits === '' ? 0 : Number.parseInt(digits, 36) + 1];
    if (known === undefined) throw new NotUnderstood();
    return known;
  }

  /** "operator< <int>" is not "operator<<int>". */
  private specialised(name: string): string {
    return `${name}${name.endsWith('<') ? ' ' : ''}${this.templateArguments()}`;
  }

  private templateArguments(): string {
    if (!this.takeIf('I')) throw new NotUnderstood();
    const list: string[] = [];
    while (!this.takeIf('E')) list.push(...this.argument());
    const text = list.join(', ');
    return `<${text}${text.endsWith('>') ? ' ' : ''}>`;
  }

  private argument(): string[] {
    return this.nested(() => {
      if (this.takeIf('J')) {
        const pack: string[] = [];
        while (!this.takeIf('E')) pack.push(...this.argument());
        return pack;
      }
      return [this.next() === 'L' ? this.literal() : this.type()];
    });
  }

  private literal(): string {
    const [all, type, minus, digits] = /^L([a-z])(n?)(\d+)E/.exec(this.text.slice(this.at)) ?? [];
    if (all === undefined || type === undefined) throw new NotUnderstood();
    this.at += all.length;
    const number = `${minus ? '-' : ''}${digits}`;
    if (type === 'b') return number === '0' ? 'false' : 'true';
    const suffix: Readonly<Record<string, string>> = { i: '', j: 'u', l: 'l', m: 'ul', x: 'll', y: 'ull' };
    return suffix[type] === undefined ? `(${BUILTIN[type] ?? '?'})${number}` : number + suffix[type];
  }

  private type(): string {
    return this.nested(() => {
      const builtin = BUILTIN[this.next()] === undefined ? BUILTIN[this.text.slice(this.at, this.at + 2)] : BUILTIN[this.next()];
      if (builtin !== undefined) {
        this.at += BUILTIN[this.next()] === undefined ? 2 : 1;
        return builtin;
      }
      if (this.next() === 'N') return this.keep(this.name());
      if (/^(\d|St)/.test(this.text.slice(this.at))) return this.keep(this.name());
      if (this.next() === 'S') {
        const name = this.substitution();
        return this.next() === 'I' ? this.keep(this.specialised(name)) : name;
      }
      const modifier = { P: '*', R: '&', O: '&&' }[this.next()];
      if (modifier !== undefined) {
        this.at++;
        return this.keep(this.type() + modifier);
      }
      const qualifier = { K: ' const', V: ' volatile' }[this.next()];
      if (qualifier === undefined) throw new NotUnderstood();
      this.at++;
      return this.keep(this.type() + qualifier);
    });
  }
}

/** "Box" of "kernel::Box<int>": what its constructor is called. */
function lastPart(name: string): string {
  const plain = withoutArguments(name);
  return plain.slice(plain.lastIndexOf('::') + 2).replace(/^:/, '') || plain;
}

function withoutArguments(tagged: string): string {
  const name = tagged.replace(/(\[abi:\w+\])+$/, '');
  if (name === '') throw new NotUnderstood();
  let depth = 0;
  let end = name.length;
  if (!name.endsWith('>') || name.includes('operator')) return name;
  for (let i = name.length - 1; i >= 0; i--) {
    if (name[i] === '>') depth++;
    else if (name[i] === '<' && --depth === 0) {
      end = i;
      break;
    }
  }
  return name.slice(0, end);
}
