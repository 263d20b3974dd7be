// C expressions as people type them into a watch: what they parse to, and what a mistake says.
import assert from 'node:assert/strict';
import { parseExpression } from '../../src/debug/c/parser';
import { show } from './support/show-expression';

const isType = (name: string) => name === 'u64' || name === 'page_t';

describe('C expression parser', () => {
  const cases: readonly [string, string][] = [
    ['1 + 2 * 3', '(1 + (2 * 3))'],
    ['a - b - c', '((a - b) - c)'],
    ['a & b == c', '(a & (b == c))'],
    ['a || b && c | d ^ e & f', '(a || (b && (c | (d ^ (e & f)))))'],
    ['x << 2 < y >> 1', '((x << 2) < (y >> 1))'],
    ['a ? b : c ? d : e', '(a ? b : (c ? d : e))'],
    ['*p++ == 0', '((*(p++)) == 0)'],
    ['--x - -y', '((--x) - (-y))'],
    ['*p->next.list[i + 1]', '(*p->next.list[(i + 1)])'],
    ['&s.a', '(&s.a)'],
    ['-x * ~y', '((-x) * (~y))'],
    ['(u64)x + 1', '((<u64>x) + 1)'],
    ['(x) + 1', '(x + 1)'],
    ['(struct page *)0x1000', '(<struct page *>4096)'],
    ['*(unsigned long **)$rsp', '(*(<unsigned long **>$rsp))'],
    ['(char[16])$rsp', '(<char, [16]>$rsp)'],
    ['sizeof(page_t)', 'sizeof<page_t>'],
    ['sizeof x.y', 'sizeof x.y'],
    ['$RIP == 0xffff800000000000', '($rip == 18446603336221196288)'],
    ['c == \'A\' && s == "x\\n"', '((c == \'65\') && (s == "x\\n"))'],
    ['0x10uLL + 010 + 0b11', '((16ull + 8) + 3)'],
    ['a = b', 'a = b'],
    ['$cs.base', '$cs.base'],
    ['ns::name', 'ns::name'],
    ['a = b = c', 'a = b = c'],
    ['a += b << 1', 'a += (b << 1)'],
    ['a <<= 1, b', '(a <<= 1, b)'],
    ['list[i, 2]', 'list[(i, 2)]'],
    ['*p@3 + 1', '((*p)@(3 + 1))'],
    ['{struct page} $rsp', '{struct page}$rsp'],
    ['phys(u64, 0x1000)', 'phys{u64}4096'],
    ['phys + 1', '(phys + 1)'],
    ["'main.c'::counter", 'main.c::counter'],
    ["'Box<int>'", 'Box<int>'],
    ["'\\101' + L'x'", "('65' + '120')"],
    ['"a" "b"', '"ab"'],
    ['1.5f * .25 + 1e3', '((1.5f * 0.25) + 1000)'],
    ['tuple.0.1', 'tuple.__0.__1'],
    ['(int (*)[4])p', '(<int, [4], *>p)'],
    ['(int (*(*)(char, ...))(void))p', '(<int, fn(), *, fn(char; ...), *>p)'],
    ['(char *[2][3])p', '(<char, *, [2][3]>p)'],
    ['sizeof(const volatile unsigned long *)', 'sizeof<unsigned long *>'],
    ['offsetof(struct page, list[2].next)', 'offsetof(struct page, list[2].next)'],
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
    ['a # b', /"#" is not part/],
    ["''", /one character/],
    ['1.5.2', /no number/],
    ['{x} 1', /name of a type/],
    ['09', /octal/],
    ['12ab', /no number/],
    ['0x10000000000000000', /more than 64 bits/],
    ['"abc', /closing "/],
    ['a."b"', /name of a member/],
    ['('.repeat(1000), /nested too deeply/],
  ];
  for (const [text, expected] of mistakes) {
    it(`refuses ${text.slice(0, 20)}`, () => assert.throws(() => parseExpression(text, isType), expected));
  }
});
