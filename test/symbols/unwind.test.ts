// Call frame information: every row against readelf's interpretation, and a CFA program with each instruction.

import assert from 'node:assert/strict';
import type { Fde } from '../../src/symbols/dwarf/call-frame';
import { unwindRowOf } from '../../src/symbols/dwarf/unwind-row';
import { littleEndian } from '../../src/symbols/location';
import type { RegisterRule, UnwindRow } from '../../src/symbols/unwind';
import { DWARF_REGISTERS_I386, DWARF_REGISTERS_X86_64, unwindFrame } from '../../src/symbols/unwind';
import { build, eachCombination, open, requireCompiler, tool } from './toolchain';

/** readelf's notation: "rsp+8", "c-16". */
function cfaText(row: UnwindRow, names: readonly string[]): string {
  return row.cfa.kind === 'expression' ? 'exp' : `${names[row.cfa.register]}${row.cfa.offset < 0n ? '' : '+'}${row.cfa.offset}`;
}

function ruleText(rule: RegisterRule | undefined): string {
  if (!rule || rule.kind === 'undefined') return 'u';
  if (rule.kind === 'same') return 's';
  if (rule.kind === 'offset') return `c${rule.offset < 0n ? '' : '+'}${rule.offset}`;
  return rule.kind;
}

function compareWithReadelf(path: string, names: readonly string[]): number {
  const symbols = open(path);
  let columns: string[] = [];
  let rows = 0;
  let end = 0n;
  for (const line of tool('readelf', '--debug-dump=frames-interp', path).split('\n')) {
    const range = /pc=([0-9a-f]+)\.\.([0-9a-f]+)/.exec(line);
    if (range) end = BigInt(`0x${range[2]}`);
    if (line.includes(' CIE ')) end = 0n;
    const fields = line.trim().split(/\s+/);
    if (fields[0] === 'LOC') columns = fields.slice(2);
    else if (/^[0-9a-f]{8,16}$/.test(fields[0] ?? '') && end !== 0n && fields.length === columns.length + 2 && !line.includes('=')) {
      const at = BigInt(`0x${fields[0]}`);
      const row = symbols.unwindRow(at);
      assert.ok(row, `a row at ${fields[0]}`);
      assert.equal(cfaText(row, names), fields[1], `CFA at ${fields[0]}`);
      for (const [i, column] of columns.entries()) {
        const register: number = column === 'ra' ? row.returnAddressRegister : names.indexOf(column);
        assert.equal(ruleText(row.registers.get(register)), fields[i + 2], `${column} at ${fields[0]}`);
      }
      assert.equal(row.start, at);
      assert.ok(row.end > at && row.end <= end);
      rows++;
    }
  }
  return rows;
}

eachCombination('call frames', (_, path) => {
  it('agree with readelf row by row', () => {
    assert.ok(compareWithReadelf(path(), DWARF_REGISTERS_X86_64) > 10);
  });
});

describe('call frames: .debug_frame and i386', () => {
  for (const flags of [['-fno-asynchronous-unwind-tables'], ['-m32'], ['-m32', '-fno-asynchronous-unwind-tables', '-gdwarf-4']]) {
    it(`agree with readelf: gcc ${flags.join(' ')}`, function () {
      requireCompiler(this, 'gcc', flags);
      const path = build(
        'gcc',
        ['-g', '-O2', '-nostdlib', '-static', '-fno-pie', '-no-pie', '-ffreestanding', ...flags],
        ['start.S', 'subject.c', 'other.c'],
      );
      const names = flags.includes('-m32') ? DWARF_REGISTERS_I386 : DWARF_REGISTERS_X86_64;
      assert.ok(compareWithReadelf(path, names) > 10);
    });
  }
});

describe('call frame instructions (DWARF 5, 6.4.2)', () => {
  const fde = (instructions: readonly number[], initial: readonly number[] = []): Fde => ({
    cie: {
      codeAlign: 1n,
      dataAlign: -8n,
      returnAddressRegister: 16,
      pointerEncoding: 0,
      addressSize: 8,
      hasAugmentationData: false,
      signalFrame: false,
      instructions: Uint8Array.from(initial),
    },
    start: 0x1000n,
    end: 0x2000n,
    instructions: Uint8Array.from(instructions),
  });
  const CFA_RSP_8 = [0x0c, 7, 8];
  const row = (instructions: readonly number[], address = 0x1fffn): UnwindRow => unwindRowOf(fde(instructions, CFA_RSP_8), address)!;

  it('def_cfa, def_cfa_offset, def_cfa_register and their signed forms', () => {
    assert.deepEqual(row([]).cfa, { kind: 'register', register: 7, offset: 8n });
    assert.deepEqual(row([0x0e, 16]).cfa, { kind: 'register', register: 7, offset: 16n });
    assert.deepEqual(row([0x0d, 6]).cfa, { kind: 'register', register: 6, offset: 8n });
    assert.deepEqual(row([0x13, 0x7e]).cfa, { kind: 'register', register: 7, offset: 16n });
    assert.deepEqual(row([0x12, 3, 0x7f]).cfa, { kind: 'register', register: 3, offset: 8n });
    assert.deepEqual(row([0x0f, 1, 0x9c]).cfa, { kind: 'expression', expression: Uint8Array.of(0x9c) });
  });

  it('register rules', () => {
    const rule = (instructions: readonly number[], register = 3): RegisterRule | undefined => row(instructions).registers.get(register);
    assert.deepEqual(rule([0x80 | 3, 2]), { kind: 'offset', offset: -16n });
    assert.deepEqual(rule([0x05, 3, 2]), { kind: 'offset', offset: -16n });
    assert.deepEqual(rule([0x11, 3, 0x7e]), { kind: 'offset', offset: 16n });
    assert.deepEqual(rule([0x2f, 3, 2]), { kind: 'offset', offset: 16n });
    assert.deepEqual(rule([0x07, 3]), { kind: 'undefined' });
    assert.deepEqual(rule([0x08, 3]), { kind: 'same' });
    assert.deepEqual(rule([0x09, 3, 12]), { kind: 'register', register: 12 });
    assert.deepEqual(rule([0x14, 3, 1]), { kind: 'valOffset', offset: -8n });
    assert.deepEqual(rule([0x15, 3, 0x7f]), { kind: 'valOffset', offset: 8n });
    assert.deepEqual(rule([0x10, 3, 2, 0x77, 0]), { kind: 'expression', expression: Uint8Array.of(0x77, 0) });
    assert.deepEqual(rule([0x16, 3, 2, 0x77, 0]), { kind: 'valExpression', expression: Uint8Array.of(0x77, 0) });
    assert.equal(rule([0x80 | 3, 2, 0xc0 | 3]), undefined);
    assert.equal(rule([0x80 | 3, 2, 0x06, 3]), undefined);
  });

  it('advance and remember', () => {
    const program = [0x40 | 4, 0x0e, 16, 0x0a, 0x02, 0x10, 0x0e, 24, 0x03, 0, 1, 0x0b, 0x04, 0, 2, 0, 0, 0x0e, 32];
    const at = (address: bigint): [bigint, bigint, bigint] => {
      const { cfa, start, end } = row(program, address);
      return [cfa.kind === 'register' ? cfa.offset : -1n, start, end];
    };
    assert.deepEqual(at(0x1003n), [8n, 0x1000n, 0x1004n]);
    assert.deepEqual(at(0x1004n), [16n, 0x1004n, 0x1014n]);
    assert.deepEqual(at(0x1014n), [24n, 0x1014n, 0x1114n]);
    assert.deepEqual(at(0x1200n), [16n, 0x1114n, 0x1314n]);
    assert.deepEqual(at(0x1314n), [32n, 0x1314n, 0x2000n]);
  });

  it('recover the caller', async () => {
    const stack = new Map([
      [0x8000n, 0x1111n],
      [0x8008n, 0x2222n],
      [0x8010n, 0x401000n],
    ]);
    const port = {
      register: (n: number) => (n === 7 ? 0x8000n : n === 6 ? 0x66n : n === 5 ? 0x55n : undefined),
      memory: (address: bigint) => (stack.has(address) ? littleEndian(stack.get(address)!, 8) : undefined),
    };
    const saved = row([0x0e, 24, 0x80 | 16, 1, 0x80 | 3, 3, 0x16, 12, 2, 0x23, 4, 0x10, 13, 3, 0x38, 0x1c, 0x96]);
    const caller = (await unwindFrame(saved, port, 8))!;
    assert.equal(caller.cfa, 0x8018n);
    assert.equal(caller.returnAddress, 0x401000n);
    assert.equal(await caller.register(7), 0x8018n, 'the stack pointer is the CFA');
    assert.equal(await caller.register(3), 0x1111n);
    assert.equal(await caller.register(6), 0x66n, 'callee-saved without a rule');
    assert.equal(await caller.register(5), undefined, 'destroyed by calls, without a rule');
    assert.equal(await caller.register(12), 0x801cn, 'val_expression');
    assert.equal(await caller.register(13), 0x401000n, 'expression: saved where it says');
  });

  it('refuse a damaged program', () => {
    assert.throws(() => row([0x0b]), RangeError);
    assert.throws(() => row([0x3f]), RangeError);
    assert.throws(() => row([0x0c, 7]), RangeError);
  });
});
