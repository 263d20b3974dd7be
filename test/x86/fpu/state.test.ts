// x87, MMX and extended state where a native run cannot show it: environment images by mode, pending exceptions, #NM and #UD rules, FXSAVE and XSAVE images.
import assert from 'node:assert/strict';
import { updateMode } from '../../../src/x86/system/mode';
import { resetState } from '../../../src/x86/system/reset';
import { BareMachine } from '../../engine/bare-machine';

const CODE = 0x10_0000;
const DATA = 0x11_0000;
const IDT = 0x12_0000;
const HANDLERS = 0x13_0000;
const HLT = 'f4';

/** One for all: each test begins with a reset. */
const shared = new BareMachine();

/** Long mode with an IDT whose gates lead to HLT, sixteen bytes apart. */
function machine(): BareMachine {
  const m = shared;
  resetState(m.state, 'power-on', true);
  const state = m.longMode();
  for (let vector = 0; vector < 32; vector++) {
    const handler = HANDLERS + vector * 16;
    const gate = new DataView(new ArrayBuffer(16));
    gate.setUint16(0, handler & 0xffff, true);
    gate.setUint16(2, 8, true);
    gate.setUint16(4, 0x8e00, true);
    gate.setUint16(6, handler >>> 16, true);
    m.write(IDT + vector * 16, new Uint8Array(gate.buffer));
    m.write(handler, HLT);
  }
  const gdt = new BigUint64Array([0n, 0x00af_9b00_0000_ffffn, 0x00cf_9300_0000_ffffn]);
  m.write(0x9000, new Uint8Array(gdt.buffer));
  state.setU64('gdtrBase', 0x9000n);
  state.setU32('gdtrLimit', 0x17);
  state.setU64('idtrBase', BigInt(IDT));
  state.setU32('idtrLimit', 0xfff);
  state.setGpr(4, 0x14_0000n);
  state.setGpr(3, BigInt(DATA));
  return m;
}
/** Runs the bytes and HLT; the vector whose handler it ended in, or -1. */
function run(m: BareMachine, code: string): number {
  m.write(CODE, `${code} ${HLT}`);
  m.state.setU64('rip', BigInt(CODE));
  m.state.setU32('activity', 0);
  updateMode(m.state);
  const end = m.run(1000);
  assert.equal(
    end.kind,
    'halted',
    JSON.stringify(end, (_k, v) => (typeof v === 'bigint' ? v.toString(16) : v)),
  );
  const rip = Number(m.state.u64('rip'));
  return rip >= HANDLERS && rip < HANDLERS + 512 ? (rip - HANDLERS) >> 4 : -1;
}
const words16 = (m: BareMachine, at: number, count: number): number[] => {
  const view = new DataView(m.read(at, count * 2).slice().buffer);
  return Array.from({ length: count }, (_, i) => view.getUint16(i * 2, true));
};
const words32 = (m: BareMachine, at: number, count: number): number[] => {
  const view = new DataView(m.read(at, count * 4).slice().buffer);
  return Array.from({ length: count }, (_, i) => view.getUint32(i * 4, true));
};

describe('x87 environment (SDM vol 1 ch. 8.1.10)', () => {
  it('protected mode, 32 bits: pointers and selectors of the last instruction, tags by content', () => {
    const m = machine();
    m.write(DATA + 0x100, '0000803f');
    // FNINIT; FLD dword [rbx+0x100]; FLDZ; FNSTENV [rbx]
    assert.equal(run(m, 'dbe3 d98300010000 d9ee d933'), -1);
    const [fcw, fsw, tags, ip, cs, dp, ds] = words32(m, DATA, 7);
    assert.equal(fcw, 0xffff_037f);
    assert.equal(fsw, 0xffff_3000);
    // R7 valid, R6 zero, the others empty.
    assert.equal(tags, 0xffff_1fff);
    assert.equal(ip, CODE + 8);
    assert.equal(cs, 8);
    assert.equal(dp, DATA + 0x100);
    assert.equal(ds, 0xffff_0010);
    // All masked afterwards.
    assert.equal(m.state.u32('fcw'), 0x37f);
  });
  it('protected mode, 16 bits', () => {
    const m = machine();
    assert.equal(run(m, 'dbe3 d9e8 66d933'), -1);
    assert.deepEqual(words16(m, DATA, 7), [0x37f, 0x3800, 0x3fff, (CODE + 2) & 0xffff, 8, 0, 0]);
  });
  it('real mode: linear addresses', () => {
    const m = shared;
    const { state } = m;
    resetState(state, 'power-on', true);
    m.engine.flushTlb(0);
    const data = { access: 0x93, limit: 0xffff };
    for (const segment of [0, 2, 3]) state.setSegment(segment, { ...data, selector: 0x1100, base: 0x1_1000n });
    state.setSegment(1, { access: 0x93, limit: 0xffff, selector: 0x1234, base: 0x1_2340n });
    state.setU64('cr0', 0x30n);
    state.setU64('rflags', 2n);
    state.setU64('rip', 5n);
    state.setGpr(3, 0x20n);
    state.setGpr(4, 0x800n);
    state.setU32('activity', 0);
    updateMode(state);
    // FNINIT; FLD dword [bx+0x10]; FNSTENV [bx]; 66 FNSTENV [bx+0x40]
    m.write(0x1_2345, 'dbe3 d94710 d937 66d97740 f4');
    assert.equal(m.run(100).kind, 'halted');
    const ip = 0x1_2347;
    const dp = 0x1_1030;
    const top = words16(m, 0x1_1020, 7);
    assert.deepEqual(top, [0x37f, 0x3800, top[2], ip & 0xffff, 0x1000, dp & 0xffff, 0x1000]);
    const long = words32(m, 0x1_1060, 7);
    assert.deepEqual(long.slice(3), [0xffff_2347, 0x1000, 0xffff_1030, 0x1000]);
  });
  it('FNSAVE and FRSTOR: registers behind the environment, the unit initialised in between', () => {
    const m = machine();
    // FNINIT; FLD1; FLDPI; FNSAVE [rbx]
    assert.equal(run(m, 'dbe3 d9e8 d9eb dd33'), -1);
    assert.equal(m.state.u32('fsw'), 0);
    assert.equal(m.state.u32('ftw'), 0);
    assert.equal(Buffer.from(m.read(DATA + 28, 20)).toString('hex'), '35c26821a2da0fc90040' + '0000000000000080ff3f');
    assert.equal(run(m, 'dd23'), -1);
    assert.equal(m.state.u32('fsw'), 0x3000);
    assert.equal(m.state.u32('ftw'), 0xc0);
    assert.equal(m.state.st(6), 0x4000_c90f_daa2_2168_c235n);
  });
  it('an unmasked exception leaves its opcode (SDM vol 1 ch. 8.1.9)', () => {
    const m = machine();
    m.write(DATA, '7b03');
    // FNINIT; FLDCW [rbx] (ZE unmasked); FLD1; FLDZ; FDIVP
    assert.equal(run(m, 'dbe3 d92b d9e8 d9ee def9'), -1);
    assert.equal(m.state.u32('fop'), 0x6f9);
    assert.equal(m.state.u32('fsw') & 0x80ff, 0x8084);
  });
});

describe('pending x87 exceptions', () => {
  const pending = (): BareMachine => {
    const m = machine();
    m.state.setU32('fcw', 0x37b);
    m.state.setU32('fsw', 0x8084);
    return m;
  };
  for (const [name, code] of [
    ['FADD', 'd8c1'],
    ['FWAIT', '9b'],
    ['FLD m64', 'dd03'],
    ['FLDCW', 'd92b'],
    ['FRSTOR', 'dd23'],
    ['PADDB mm', '0ffcc1'],
    ['EMMS', '0f77'],
    ['MOVQ mm', '0f6f03'],
    ['CVTPI2PS with an MMX register', '0f2ac1'],
  ] as const)
    it(`${name}: #MF at it`, () => {
      const m = pending();
      assert.equal(run(m, code), 16);
      assert.equal(m.state.u32('fsw'), 0x8084);
    });
  it('#MF goes before the operand is looked at', () => {
    const m = pending();
    m.state.setGpr(3, 0x7000_0000_0000n);
    assert.equal(run(m, 'd803'), 16);
  });
  for (const [name, code] of [
    ['FNSTSW', 'dfe0'],
    ['FNCLEX', 'dbe2'],
    ['FNINIT', 'dbe3'],
    ['FNSTENV', 'd933'],
    ['FNSAVE', 'dd33'],
    ['FXSAVE', '0fae03'],
    ['FNENI', 'dbe0'],
  ] as const)
    it(`${name} does not wait`, () => assert.equal(run(pending(), code), -1));
});

describe('#NM and #UD (SDM vol 3 table 2-2, ch. 13.1)', () => {
  const TS = 8n;
  const EM = 4n;
  const MP = 2n;
  for (const [name, code, set, clear, vector] of [
    ['x87 with TS', 'd9e8', TS, 0n, 7],
    ['x87 with EM', 'd9e8', EM, 0n, 7],
    ['MMX with TS', '0ffcc1', TS, 0n, 7],
    ['MMX with EM', '0ffcc1', EM, 0n, 6],
    ['FWAIT with TS and MP', '9b', TS | MP, 0n, 7],
    ['FWAIT with TS alone', '9b', TS, MP, -1],
    ['FWAIT with EM', '9b', EM, 0n, -1],
    ['FXSAVE with EM', '0fae03', EM, 0n, 7],
  ] as const)
    it(name, () => {
      const m = machine();
      m.state.setU64('cr0', (m.state.u64('cr0') | set) & ~clear);
      assert.equal(run(m, code), vector);
    });
});

describe('FXSAVE (SDM vol 1 table 10-2)', () => {
  it('the 64-bit form has whole pointers, the other one selectors; 8 or 16 XMM registers by mode', () => {
    const m = machine();
    m.write(DATA, new Uint8Array(1024).fill(0xee));
    m.write(DATA + 0x800, '0000803f');
    m.state.setYmmQuad(15, 1, 0x1122_3344_5566_7788n);
    // FNINIT; FLD dword [rbx+0x800]; FXSAVE64 [rbx]; FXSAVE [rbx+0x200]
    assert.equal(run(m, 'dbe3 d98300080000 480fae03 0fae8300020000'), -1);
    const at = (offset: number, bytes: number): string => Buffer.from(m.read(DATA + offset, bytes)).toString('hex');
    assert.equal(at(0, 8), '7f03' + '0038' + '8000' + '0000');
    assert.equal(at(8, 16), '0200100000000000' + '0008110000000000');
    assert.equal(at(0x208, 16), '0200100008000000' + '0008110010000000');
    assert.equal(at(24, 8), '801f0000ffff0000');
    assert.equal(at(32, 16), '0000000000000080ff3f000000000000');
    assert.equal(at(408, 8), '8877665544332211');
    assert.equal(at(416, 96), 'ee'.repeat(96));
  });
  it('FXRSTOR: ES follows from the flags, reserved MXCSR bits and misalignment are #GP', () => {
    const m = machine();
    run(m, '0fae03');
    m.write(DATA, '7e03 0100');
    assert.equal(run(m, '0fae0b'), -1);
    assert.equal(m.state.u32('fsw'), 0x8081);
    m.write(DATA + 26, '0100');
    assert.equal(run(m, '0fae0b'), 13);
    m.state.setGpr(3, BigInt(DATA + 8));
    assert.equal(run(m, '0fae03'), 13);
  });
});

describe('XSAVE (SDM vol 1 ch. 13)', () => {
  const XSAVE = '0fae23';
  const XRSTOR = '0fae2b';
  const XSAVEOPT = '0fae33';
  const XSAVEC = '0fc723';
  const extended = (xcr0 = 7n): BareMachine => {
    const m = machine();
    m.state.setU64('cr4', m.state.u64('cr4') | (1n << 18n));
    m.state.setU64('xcr0', xcr0);
    m.state.setGpr(0, 0xffff_ffffn);
    m.state.setGpr(2, 0xffff_ffffn);
    m.write(DATA, new Uint8Array(4096));
    run(m, 'dbe3');
    for (let i = 0; i < 8; i++) m.state.setSt(i, 0n);
    return m;
  };
  const quad = (m: BareMachine, offset: number): bigint => new DataView(m.read(DATA + offset, 8).slice().buffer).getBigUint64(0, true);
  const putQuad = (m: BareMachine, offset: number, value: bigint): void =>
    m.write(DATA + offset, new Uint8Array(new BigUint64Array([value]).buffer));

  it('XSAVE writes all that is asked for, XSTATE_BV says what is in use; bits not asked for stay', () => {
    const m = extended();
    m.state.setYmmQuad(3, 2, 0xabcn);
    putQuad(m, 512, 1n << 5n);
    assert.equal(run(m, XSAVE), -1);
    assert.equal(quad(m, 512), 4n | (1n << 5n));
    assert.equal(quad(m, 576 + 3 * 16), 0xabcn);
    assert.equal(quad(m, 0) & 0xffffn, 0x37fn);
  });
  it('XSAVEOPT leaves what is in its initial configuration', () => {
    const m = extended();
    m.write(DATA + 576, 'aa');
    m.state.setYmmQuad(1, 0, 7n);
    assert.equal(run(m, XSAVEOPT), -1);
    assert.equal(quad(m, 512), 2n);
    assert.equal(quad(m, 576), 0xaan);
    assert.equal(quad(m, 160 + 16), 7n);
    assert.equal(quad(m, 0), 0n);
  });
  it('XSAVEC packs components and marks the format; MXCSR makes SSE in use', () => {
    const m = extended(0x207n);
    m.state.setU64('pkru', 0x5555n);
    m.state.setU32('mxcsr', 0x1fa0);
    m.state.setGpr(0, 0x202n);
    m.state.setGpr(2, 0n);
    assert.equal(run(m, XSAVEC), -1);
    assert.equal(quad(m, 512), 0x202n);
    assert.equal(quad(m, 520), 0x8000_0000_0000_0202n);
    assert.equal(quad(m, 576), 0x5555n);
    assert.equal(quad(m, 24) & 0xffff_ffffn, 0x1fa0n);
  });
  it('PKRU lies at 2688 in the standard format', () => {
    const m = extended(0x207n);
    m.state.setU64('pkru', 0x5555n);
    assert.equal(run(m, XSAVE), -1);
    assert.equal(quad(m, 2688), 0x5555n);
  });
  it('XRSTOR: components without their bit get their initial configuration; MXCSR comes from the image in the standard format', () => {
    const m = extended();
    m.state.setYmmQuad(2, 0, 1n);
    m.state.setYmmQuad(2, 2, 9n);
    putQuad(m, 512, 4n);
    putQuad(m, 576 + 32, 77n);
    m.write(DATA + 24, 'a01f');
    assert.equal(run(m, XRSTOR), -1);
    assert.equal(m.state.ymmQuad(2, 0), 0n);
    assert.equal(m.state.ymmQuad(2, 2), 77n);
    assert.equal(m.state.u32('mxcsr'), 0x1fa0);
  });
  it('XRSTOR of the compacted format: MXCSR is initialised with SSE', () => {
    const m = extended();
    m.state.setU32('mxcsr', 0x9fc0);
    m.state.setYmmQuad(0, 2, 5n);
    putQuad(m, 512, 4n);
    putQuad(m, 520, (1n << 63n) | 6n);
    putQuad(m, 576, 8n);
    assert.equal(run(m, XRSTOR), -1);
    assert.equal(m.state.u32('mxcsr'), 0x1f80);
    assert.equal(m.state.ymmQuad(0, 2), 8n);
  });
  for (const [what, offset, value] of [
    ['XSTATE_BV has a component that XCR0 has not', 512, 8n],
    ['XCOMP_BV is not zero in the standard format', 520, 2n],
    ['bytes 16 to 23 are not zero', 528, 1n],
    ['XCOMP_BV has a component that XCR0 has not', 520, (1n << 63n) | 8n],
    ['MXCSR has reserved bits', 24, 0x1_0000n],
  ] as const)
    it(`XRSTOR: #GP where ${what}`, () => {
      const m = extended();
      putQuad(m, offset, value);
      assert.equal(run(m, XRSTOR), 13);
    });
  it('XSTATE_BV must be within XCOMP_BV', () => {
    const m = extended();
    putQuad(m, 512, 2n);
    putQuad(m, 520, (1n << 63n) | 4n);
    assert.equal(run(m, XRSTOR), 13);
  });
  it('64-byte alignment, OSXSAVE and TS', () => {
    const m = extended();
    m.state.setGpr(3, BigInt(DATA + 32));
    assert.equal(run(m, XSAVE), 13);
    m.state.setU64('cr0', m.state.u64('cr0') | 8n);
    assert.equal(run(m, XSAVE), 7);
    m.state.setU64('cr4', m.state.u64('cr4') & ~(1n << 18n));
    assert.equal(run(m, XSAVE), 6);
    assert.equal(run(m, '0f01d0'), 6);
  });
  it('XGETBV: XCR0, and with ECX 1 what of it is in use', () => {
    const m = extended();
    m.state.setYmmQuad(9, 3, 1n);
    m.state.setGpr(1, 0n);
    assert.equal(run(m, '0f01d0'), -1);
    assert.deepEqual([m.state.gpr(0), m.state.gpr(2)], [7n, 0n]);
    m.state.setGpr(1, 1n);
    assert.equal(run(m, '0f01d0'), -1);
    assert.equal(m.state.gpr(0), 4n);
    m.state.setGpr(1, 2n);
    assert.equal(run(m, '0f01d0'), 13);
  });
  it('XSETBV: x87 always, nothing that is not offered, ECX 0', () => {
    const m = extended();
    const set = (value: bigint, ecx = 0n): number => {
      m.state.setGpr(0, value);
      m.state.setGpr(1, ecx);
      m.state.setGpr(2, 0n);
      return run(m, '0f01d1');
    };
    assert.equal(set(3n), -1);
    assert.equal(m.state.u64('xcr0'), 3n);
    assert.equal(set(2n), 13);
    assert.equal(set(5n), 13);
    assert.equal(set(0x23n), 13);
    assert.equal(set(3n, 1n), 13);
  });
});

describe('MMX (SDM vol 1 ch. 9.5)', () => {
  it('writes TOP 0, all tags and the exponent; EMMS empties', () => {
    const m = machine();
    m.state.setU32('fsw', 0x2800);
    m.state.setU32('ftw', 0);
    m.state.setGpr(0, 0x1234n);
    assert.equal(run(m, '480f6ed0'), -1);
    assert.equal(m.state.u32('fsw'), 0);
    assert.equal(m.state.u32('ftw'), 0xff);
    assert.equal(m.state.st(2), 0xffff_0000_0000_0000_1234n);
    assert.equal(run(m, '0f77'), -1);
    assert.equal(m.state.u32('ftw'), 0);
  });
});
