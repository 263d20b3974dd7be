// Random C expressions whose results C defines (with wrapping arithmetic), over the variables of a small program.

export const DECLARATIONS = `
enum signs { LOW = -3, NIL, HIGH = 70000 };
enum bits { BIT0 = 1, BIT5 = 32, BIT31 = 0x80000000 };
struct inner { short s; unsigned char c[3]; };
struct outer { int a : 5; unsigned b : 9; unsigned long whole; unsigned c : 32; _Bool on : 1; struct inner inner[2]; union { float f; int i; }; };
signed char sc = -7; unsigned char uc = 250; short ss = -31000; unsigned short us = 65500; int si = -2147483600; unsigned ui = 4294967000u;
long sl = -9223372036854775000; unsigned long ul = 18446744073709551000u; _Bool yes = 1; _Bool no = 0; char ch = 'q';
__int128 wide = ((__int128)-5 << 90) + 12345; unsigned __int128 uwide = ((unsigned __int128)77 << 100) + 999;
float f = 3.75f; float g = -1e20f; double d = 123456.789; double e = -0.1;
enum signs sign = HIGH; enum bits bit = BIT31;
int list[5] = { 10, -20, 30, -40, 50 }; int *p = &list[1]; int *q = &list[4];
struct outer object = { -3, 300, 0x123456789abcdef0, 0xfedcba98, 1, { { -5, { 1, 200, 3 } }, { 6, { 4, 5, 255 } } }, { 2.5f } };
struct outer *to = &object;
long matrix[2][3] = { { 1, -2, 3 }, { -4, 5, -6 } };
`;

const INTEGERS = [
  ...['sc', 'uc', 'ss', 'us', 'si', 'ui', 'sl', 'ul', 'yes', 'no', 'ch', 'sign', 'bit', 'LOW', 'BIT5', 'object.a', 'object.b', 'object.c'],
  ...[
    'object.on',
    'object.whole',
    'to->inner[1].c[2]',
    'to->inner->s',
    'list[2]',
    '*p',
    'p[-1]',
    '*(q - 1)',
    'matrix[1][2]',
    '(*matrix)[1]',
  ],
  ...['to->i', '1[list]', 'wide', 'uwide'],
];
const FLOATS = ['f', 'g', 'd', 'e', '1.5f', '0.25', '1e3', 'to->f'];
const LITERALS = [
  '0',
  '1',
  '-1',
  '7u',
  '0x7fffffff',
  '2147483648',
  '0x80000000',
  '4294967296',
  '10ul',
  "'A'",
  "'\\377'",
  '-5l',
  '0777',
  '0xffffffffffffffff',
];
const CASTS = [
  'signed char',
  'unsigned char',
  'short',
  'unsigned short',
  'int',
  'unsigned',
  'long',
  'unsigned long long',
  '_Bool',
  'char',
  'unsigned __int128',
  'enum signs',
];
const SIZES = [
  'sizeof(struct outer)',
  'sizeof object.inner',
  'sizeof(int *[3])',
  'sizeof(list[0] + 1l)',
  'sizeof("abc")',
  'sizeof(si++)',
  'sizeof((char)1)',
  'sizeof(int (*)[7])',
];
const OFFSETS = [
  '(long)&to->inner[1] - (long)to',
  'q - p',
  '(q - 3) == p',
  'p < q',
  '&list[3] - list',
  '!p',
  'p && no',
  '&matrix[1][0] - matrix[0]',
];

export type Random = (below: number) => number;

export class Expressions {
  constructor(private readonly random: Random) {}

  /** One statement: its value is shown. */
  statement(): string {
    const target = this.one(['sc', 'us', 'si', 'ul', 'yes', 'f', 'd', 'object.whole', 'list[3]', 'matrix[0][1]', 'uwide']);
    switch (this.random(6)) {
      case 0:
        return `${target} = ${this.integer(2)}`;
      case 1: {
        const operator = this.one(['+', '-', '*', ...(/^[fd]$/.test(target) ? [] : ['&', '|', '^'])]);
        return `${target} ${operator}= ${this.integer(2)}`;
      }
      case 2:
        return this.one([`${target}++`, `--${target}`, `++${target}`, `${target}--`]).replace(/^(.*)\byes(\+\+|--)$/, 'yes = !yes');
      default:
        return this.random(3) === 0 ? this.floating(3) : this.integer(4);
    }
  }

  integer(depth: number): string {
    if (depth <= 0) return this.one(this.random(3) === 0 ? LITERALS : INTEGERS);
    const a = (): string => this.integer(depth - 1 - this.random(2));
    switch (this.random(13)) {
      case 0:
      case 1:
      case 2:
        return `(${a()} ${this.one(['+', '-', '*', '&', '|', '^'])} ${a()})`;
      case 3:
        return `(${a()} ${this.one(['/', '%'])} ((${a()} & 7) + 1))`;
      case 4:
        return `(${a()} ${this.one(['<<', '>>'])} (${a()} & ${this.one(['7', '15', '31'])}))`;
      case 5:
        return `(${a()} ${this.one(['<', '<=', '>', '>=', '==', '!='])} ${a()})`;
      case 6:
        return `(${this.one(['-', '~', '!', '+'])} ${a()})`;
      case 7:
        return `((${this.one(CASTS)})${a()})`;
      case 8:
        return `(${a()} ? ${a()} : ${a()})`;
      case 9:
        return `(${a()} ${this.one(['&&', '||'])} ${a()})`;
      case 10:
        // gcc 12 crashes on some constants before a comma.
        return `(${this.one(['si', 'uc', '*p'])}, ${a()})`;
      case 11:
        return `(${this.one(this.random(2) === 0 ? SIZES : OFFSETS)})`;
      default:
        return this.one([
          `(${this.floating(depth - 1)} ${this.one(['<', '>=', '==', '!='])} ${this.floating(depth - 1)})`,
          `(!${this.floating(depth - 1)})`,
          `((${this.one(['int', 'long', 'short', '_Bool'])})${this.one(['e', '1.5f', '-2.99', '1e3', '(e * 100)'])})`,
        ]);
    }
  }

  floating(depth: number): string {
    if (depth <= 0) return this.one(FLOATS);
    const a = (): string => this.floating(depth - 1 - this.random(2));
    switch (this.random(6)) {
      case 0:
      case 1:
        return `(${a()} ${this.one(['+', '-', '*', '/'])} ${a()})`;
      case 2:
        return `(${a()} ${this.one(['+', '-', '*', '/'])} ${this.integer(depth - 1)})`;
      case 3:
        return `((${this.one(['float', 'double'])})${this.random(2) === 0 ? this.integer(depth - 1) : a()})`;
      case 4:
        return `(${this.integer(depth - 1)} ? ${a()} : ${this.random(2) === 0 ? a() : this.integer(depth - 1)})`;
      default:
        return `(- ${a()})`;
    }
  }

  private one<T>(list: readonly T[]): T {
    return list[this.random(list.length)]!;
  }
}

/** A program that runs the statements in turn and prints what each gives: class, size, whether it is signed, and the bytes. */
export function program(statements: readonly string[]): string {
  const show = (text: string, i: number): string => `static void show${i}(void) { SHOW(${text}); }`;
  return `#include <stdio.h>
#include <string.h>
${DECLARATIONS}
#define SHOW(...) do { __typeof__((0, (__VA_ARGS__))) v = (__VA_ARGS__); int real = __builtin_classify_type(v) == 8; unsigned char b[16]; memcpy(b, &v, sizeof v); \\
  printf("%d %zu %d ", real, sizeof v, real ? 1 : (__typeof__(v))-1 < (__typeof__(v))1); for (unsigned long k = 0; k < sizeof v; k++) printf("%02x", b[k]); puts(""); } while (0)
${statements.map(show).join('\n')}
int main(void) { ${statements.map((_, i) => `show${i}();`).join(' ')} return 0; }
`;
}
