// Names of Rust's functions and statics out of their symbols: the older mangling, which borrows C++'s and ends in a hash, and v0 (RFC 2603).

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ SP: '@', BP: '*', RF: '&', LT: '<', GT: '>', LP: '(', RP: ')', C: ',' },
};

/** "_ZN4core3fmt5write17h0123456789abcdefE"; undefined for C++'s symbols. */
export function legacyRustName(symbol: string): string | undefined {
  const [, path] = /^_ZN(.*)17h[0-9a-f]{16}E(?:\.llvm\.\d+)?$/i.exec(symbol) ?? [];
  if (path === undefined) return undefined;
  const parts: string[] = [];
  for (let at = 0; at < path.length; ) {
    const digits = /^\d+/.exec(path.slice(at))?.[0];
    if (digits === undefined) return undefined;
    const start = at + digits.length;
    const part = path.slice(start, start + Number(digits));
    if (part.length < Number(digits)) return undefined;
    parts.push(unescaped(part));
    at = start + part.length;
  }
  return parts.join('::');
}

function unescaped(part: string): string {
  return part
    .replace(/^_\$/, '$')
    .replace(
      /\$(\w+?)\$/g,
      (all, code: string) => ESCAPES[code] ?? (/^u[0-9a-f]+$/.test(code) ? String.fromCodePoint(Number.parseInt(code.slice(1), 16)) : all),
    )
    .replaceAll('..', '::');
}

const BASIC: Readonly<Record<string, string>> = {
  ...{ a: 'i8', b: 'bool', c: 'char', d: 'f64', e: 'str', f: 'f32', h: 'u8', i: 'isize', j: 'usize', l: 'i32', m: 'u32', n: 'i128' },
  ...{ o: 'u128', s: 'i16', t: 'u16', u: '()', v: '...', x: 'i64', y: 'u64', z: '!', p: '_' },
};
const MAX_DEPTH = 64;

class NotUnderstood extends Error {}

/** "_RNvCs1234_7mycrate3foo"; undefined where it is of a kind that is not read here. */
export function v0RustName(symbol: string): string | undefined {
  try {
    return new Reader(symbol.slice(2).replace(/\..*$/, '')).path(true);
  } catch (error) {
    if (error instanceof NotUnderstood) return undefined;
    throw error;
  }
}

class Reader {
  private at = 0;
  private depth = 0;

  constructor(private readonly text: string) {}

  private take(): string {
    const character = this.text[this.at];
    if (character === undefined) throw new NotUnderstood();
    this.at++;
    return character;
  }

  private takeIf(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private nested<T>(body: () => T): T {
    if (++this.depth > MAX_DEPTH) throw new NotUnderstood();
    const result = body();
    this.depth--;
    return result;
  }

  /** A number in base 62, one more than its digits say. */
  private base62(): number {
    if (this.takeIf('_')) return 0;
    let value = 0;
    for (let digit = this.take(); digit !== '_'; digit = this.take()) {
      const at = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'.indexOf(digit);
      if (at < 0) throw new NotUnderstood();
      value = value * 62 + at;
    }
    return value + 1;
  }

  private identifier(): { readonly name: string; readonly number: number } {
    const number = this.takeIf('s') ? this.base62() + 1 : 0;
    if (this.takeIf('u')) throw new NotUnderstood(); // Punycode
    let digits = '';
    while (/\d/.test(this.text[this.at] ?? '')) {
      digits += this.take();
      if (digits === '0') break;
    }
    if (digits === '') throw new NotUnderstood();
    this.takeIf('_');
    const name = this.text.slice(this.at, this.at + Number(digits));
    this.at += name.length;
    return { name, number };
  }

  private back<T>(body: () => T): T {
    const target = this.base62();
    const here = this.at;
    if (target >= here - 1) throw new NotUnderstood();
    this.at = target;
    const result = this.nested(body);
    this.at = here;
    return result;
  }

  path(inValue: boolean): string {
    return this.nested(() => {
      const kind = this.take();
      switch (kind) {
        case 'C':
          return this.identifier().name;
        case 'M': {
          this.implPath();
          return `<${this.type()}>`;
        }
        case 'X':
        case 'Y': {
          if (kind === 'X') this.implPath();
          const type = this.type();
          return `<${type} as ${this.path(false)}>`;
        }
        case 'N': {
          const space = this.take();
          const outer = this.path(inValue);
          const { name, number } = this.identifier();
          if (/[a-z]/.test(space)) return name === '' ? outer : `${outer}::${name}`;
          const what = space === 'C' ? 'closure' : space === 'S' ? 'shim' : space;
          return `${outer}::{${what}${name === '' ? '' : `:${name}`}#${number}}`;
        }
        case 'I': {
          const outer = this.path(inValue);
          const list = this.list(() => this.argument());
          return `${outer}${inValue ? '::' : ''}<${list.join(', ')}>`;
        }
        case 'B':
          return this.back(() => this.path(inValue));
        default:
          throw new NotUnderstood();
      }
    });
  }

  private implPath(): void {
    if (this.takeIf('s')) this.base62();
    this.path(false);
  }

  private list(item: () => string): string[] {
    const items: string[] = [];
    while (!this.takeIf('E')) items.push(item());
    return items;
  }

  private argument(): string {
    if (this.takeIf('L')) {
      this.base62();
      return "'_";
    }
    return this.takeIf('K') ? this.constant() : this.type();
  }

  private constant(): string {
    if (this.takeIf('B')) return this.back(() => this.constant());
    const type = this.take();
    if (type === 'p') return '_';
    const minus = this.takeIf('n') ? '-' : '';
    let digits = '';
    for (let digit = this.take(); digit !== '_'; digit = this.take()) digits += digit;
    if (!/^[0-9a-f]*$/.test(digits)) throw new NotUnderstood();
    const value = BigInt(`0x${digits === '' ? '0' : digits}`);
    if (type === 'b') return value === 0n ? 'false' : 'true';
    if (!/[ahilmnosjtxy]/.test(type)) throw new NotUnderstood();
    return `${minus}${value}`;
  }

  private type(): string {
    return this.nested(() => {
      const kind = this.take();
      const basic = BASIC[kind];
      if (basic !== undefined) return basic;
      switch (kind) {
        case 'A': {
          const element = this.type();
          return `[${element}; ${this.constant()}]`;
        }
        case 'S':
          return `[${this.type()}]`;
        case 'T': {
          const items = this.list(() => this.type());
          return items.length === 1 ? `(${items[0]},)` : `(${items.join(', ')})`;
        }
        case 'R':
        case 'Q': {
          if (this.takeIf('L') && this.base62() !== 0) throw new NotUnderstood();
          return `&${kind === 'Q' ? 'mut ' : ''}${this.type()}`;
        }
        case 'P':
          return `*const ${this.type()}`;
        case 'O':
          return `*mut ${this.type()}`;
        case 'B':
          return this.back(() => this.type());
        case 'F':
        case 'D':
          throw new NotUnderstood();
        default:
          this.at--;
          return this.path(false);
      }
    });
  }
}
