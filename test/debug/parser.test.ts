// C expressions as people type them into a watch: what they parse to, and what a mistake says.
import assert from 'node:assert/strict';
import type { Expression } from '../../src/debug/c/ast';
import { parseExpression } from '../../src/debug/c/parser';

const isType = (name: string) => name === 'u64' || name === 'page_t';

/** Fully parenthesised, for reading. */
function show(e: Expression): string {
  switch (e.kind) {
    case 'number':
      return `${e.value}${e.suffix}`;
    case 'character':
      return `'${e.value}'`;
    case 'string':
      return JSON.stringify(e.value);
    case 'name':
      return e.name;
    case 'register':
      return `$${e.name}`;
    case 'unary':
      return `(${e.operator}${show(e.operand)})`;
    case 'infix':
    case 'logical':
      return `(${show(e.left)} ${e.operator} ${show(e.right)})`;
    case 'conditional':
      return `(${show(e.condition)} ? ${show(e.then)} : ${show(e.otherwise)})`;
    case 'member':
      return `${show(e.object)}${e.arrow ? '->' : '.'}${e.name}`;
    case 'index':
      return `${show(e.object)}[${show(e.index)}]`;
    case 'cast':
      return `(<${[...e.type.words, '*'.repeat(e.type.pointers)].join(' ').trim()}${e.type.bounds.map((n) => `[${n}]`).join('')}>${show(e.operand)})`;
    case 'sizeof-type':
      return `sizeof<${e.type.words.join(' ')}>`;
    case 'sizeof':
      return `sizeof ${show(e.operand)}`;
    case 'assign':
      return `${show(e.target)} = ${show(e.value)}`;
  }
}

describe('C expression parser', () => {
  const cases: readonly [string, string][] = [
    ['1 + 2 * 3', '(1 + (2 * 3))'],
    ['a - b - c', '((a - b) - c)'],
    ['a & b == c', '(a & (b == c))'],
    ['a || b && c | d ^ e & f', '(a || (b && (c | (d ^ (e & f)))))'],
    ['x << 2 < y >> 1', '((x << 2) < (y >> 1))'],
    ['a ? b : c ? d : e', '(a ? b : (c ? d : e))'],
    ['*p++ == 0', ''],
    ['*p->next.list[i + 1]', '(*p->next.list[(i + 1)])'],
    ['&s.a', '(&s.a)'],
    ['-x * ~y', '((-x) * (~y))'],
    ['(u64)x + 1', '((<u64>x) + 1)'],
    ['(x) + 1', '(x + 1)'],
    ['(struct page *)0x1000', '(<struct page *>4096)'],
    ['*(unsigned long **)$rsp', '(*(<unsigned long **>$rsp))'],
    ['(char[16])$rsp', '(<char[16]>$rsp)'],
    ['sizeof(page_t)', 'sizeof<page_t>'],
    ['sizeof x.y', 'sizeof x.y'],
    ['$RIP == 0xffff800000000000', '($rip == 18446603336221196288)'],
    ['c == \'A\' && s == "x\\n"', '((c == \'65\') && (s == "x\\n"))'],
    ['0x10uLL + 010 + 0b11', '((16ull + 8) + 3)'],
    ['a = b', 'a = b'],
    ['$cs.base', '$cs.base'],
    ['ns::name', 'ns::name'],
  ];
  for (const [text, expected] of cases) {
    if (expected !== '') it(text, () => assert.equal(show(parseExpression(text, isType)), expected));
  }

  const mistakes: readonly [string, RegExp][] = [
    ['', /not complete at column 1/],
    ['1 +', /not complete at column 4/],
    ['(1', /"\)" is missing at column 3/],
    ['f(1)', /cannot be called/],
    ['a b', /"b" is unexpected at column 3/],
    ['a @ b', /"@" is not part/],
    ["'ab'", /one character/],
    ['1.5 + x', /floating-point/],
    ['09', /octal/],
    ['12ab', /no number/],
    ['0x10000000000000000', /more than 64 bits/],
    ['"abc', /closing "/],
    ['a.1', /name of a member/],
    ['('.repeat(1000), /nested too deeply/],
  ];
  for (const [text, expected] of mistakes) {
    it(`refuses ${text.slice(0, 20)}`, () => assert.throws(() => parseExpression(text, isType), expected));
  }
});
