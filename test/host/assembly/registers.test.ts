import assert from 'node:assert/strict';
import { expressionOf, registersOf } from '../../../src/host/assembly/registers';

const names = (line: string) => registersOf(line).map(({ name }) => name);

describe('registers in a line of assembly', () => {
  for (const [line, expected] of [
    ['1:\tmovq %rax, 8(%rdi,%rcx,4)   # rbx is kept', ['rax', 'rdi', 'rcx']],
    ['  mov rax, [rdi + rcx*4 + 8] ; rbx', ['rax', 'rdi', 'rcx']],
    ['\tmov %eax, %cr0', ['eax', 'cr0']],
    ['\tlgdt gdt_pointer(%rip)', ['rip']],
    ['\t.ascii "rax and rbx"', []],
    ['\t.section .rax', []],
    ['start:\tmov $stack_top, %esp', ['esp']],
    ['\tcall cs_setup /* dx */', []],
    ['\tmovb %al, %fs:0x10', ['al', 'fs']],
    ['\tvmovaps %ymm15, (%r15)', ['ymm15', 'r15']],
    ['\tmov %dr7, %r9d // %r8', ['dr7', 'r9d']],
  ] as const)
    it(line.trim(), () => assert.deepEqual(names(line), expected));
  it('gives the columns, with the percent sign', () => {
    const [use] = registersOf('\tmov %eax, x');
    assert.deepEqual(use, { name: 'eax', start: 5, end: 9 });
  });
  it('makes an expression of a word', () => {
    assert.equal(expressionOf('%RAX'), '$rax');
    assert.equal(expressionOf('r10'), '$r10');
    assert.equal(expressionOf('stack_top'), 'stack_top');
  });
});
