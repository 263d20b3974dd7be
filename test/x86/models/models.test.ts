// CPU models: the table is sound, everything offered is implemented, edits and their mistakes, and what is denied faults.
import assert from 'node:assert/strict';
import { Code, CpuidFeature, Instruction, Mnemonic } from 'iced-x86';
import { UserError } from '../../../src/base/user-error';
import { INSN_ROWS } from '../../../src/x86/insn/rows';
import { availableFeatures, featuresOf, missingParts } from '../../../src/x86/models/available';
import { FEATURE_NAMES, FEATURES } from '../../../src/x86/models/features.rows';
import { FEATURE_INSTRUCTIONS } from '../../../src/x86/models/instructions.rows';
import { CPU_MODEL_NAMES, parseCpuModel } from '../../../src/x86/models/parse-model';
import { BareMachine } from '../../engine/bare-machine';

/** iced's names of the features that have a list of instructions. */
const ICED: Readonly<Record<string, string>> = {
  SSE4_1: 'sse4.1',
  SSE4_2: 'sse4.2',
  SHA: 'sha-ni',
  LZCNT: 'abm',
  CMPXCHG16B: 'cx16',
};
/** Suffixes that iced tells apart and rows do not. */
const baseName = (mnemonic: string): string =>
  mnemonic.replace(/^(FX\w+|X\w+|V?PCMPESTR\w)64$/, '$1').replace(/^(V?P(?:EXTR|INSR))Q$/, '$1D');

const message = (text: string): string => {
  try {
    parseCpuModel(text, false);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.message;
  }
  return assert.fail(`accepted: ${text}`);
};

describe('CPU models: the table', () => {
  it('names, aliases and bits are unique; what a feature needs is in the table', () => {
    const names = FEATURES.flatMap(({ name, aliases }) => [name, ...aliases]);
    assert.equal(new Set(names).size, names.length);
    const bits = FEATURES.map((row) => `${row.leaf}.${row.subleaf}.${row.register}.${row.bit}`);
    assert.equal(new Set(bits).size, bits.length);
    for (const row of FEATURES) for (const need of row.needs) assert.ok(FEATURE_NAMES.includes(need), `${row.name} needs ${need}`);
    for (const name of Object.keys(FEATURE_INSTRUCTIONS)) assert.ok(FEATURE_NAMES.includes(name), name);
  });

  it("each row's feature is in the table", () => {
    for (const row of INSN_ROWS) for (const name of featuresOf(row)) assert.ok(FEATURE_NAMES.includes(name), `${row.name}: ${name}`);
  });

  it('the lists of instructions are complete: iced-x86 knows no other', () => {
    const instruction = new Instruction();
    let compared = 0;
    for (const code of Object.values(Code).filter((value) => typeof value === 'number')) {
      instruction.code = code;
      const features = Array.from(instruction.cpuidFeatures(), (value) => CpuidFeature[value] ?? '');
      const [only = ''] = features;
      const name = ICED[only] ?? only.toLowerCase();
      const list = FEATURE_INSTRUCTIONS[name];
      if (features.length !== 1 || list === undefined) continue;
      // The MMX forms of PADDQ came with SSE2.
      if (code === Code.Paddq_mm_mmm64) continue;
      const mnemonic = (Mnemonic[instruction.mnemonic] ?? '').toUpperCase();
      assert.ok(list.includes(baseName(mnemonic)), `${name}: ${mnemonic}`);
      compared++;
    }
    instruction.free();
    assert.ok(compared > 800, `${compared}`);
  });

  it('everything offered has rows or a system part; what has not is refused by name', () => {
    const available = availableFeatures(INSN_ROWS);
    const missing = missingParts(INSN_ROWS);
    for (const name of CPU_MODEL_NAMES)
      for (const feature of parseCpuModel(name, false).features) assert.ok(available.has(feature), feature);
    for (const name of missing.keys()) {
      assert.ok(!available.has(name));
      assert.match(message(`max,+${name}`), /is not implemented yet/);
    }
    for (const name of ['fpu', 'sse2', 'cmov', 'cx8', 'syscall', 'lm', 'nx', 'popcnt', 'cx16', 'abm', 'rdtscp', 'fsgsbase', 'smep', 'smap'])
      assert.ok(available.has(name), name);
  });
});

describe('CPU models: text', () => {
  it('each model has what the one before has', () => {
    for (const [i, name] of CPU_MODEL_NAMES.entries()) {
      const before = CPU_MODEL_NAMES[i - 1];
      if (before !== undefined)
        for (const feature of parseCpuModel(before, false).features) assert.ok(parseCpuModel(name, false).has(feature));
    }
    assert.ok(!parseCpuModel('x86-64-v1', false).has('popcnt'));
    assert.ok(parseCpuModel('x86-64-v2', false).has('popcnt'));
    assert.ok(!parseCpuModel('x86-64-v2', false).has('abm'));
  });

  // System V ABI, AMD64 supplement, table 3.1.
  const PSABI: readonly [string, string][] = [
    ['x86-64-v1', 'cmov cx8 fpu fxsr mmx syscall sse sse2'],
    ['x86-64-v2', 'cx16 lahf-lm popcnt sse3 sse4.1 sse4.2 ssse3'],
    ['x86-64-v3', 'avx avx2 bmi1 bmi2 f16c fma abm movbe xsave'],
  ];
  for (const [i, [name]] of PSABI.entries())
    it(`${name} has what the psABI says`, () => {
      const model = parseCpuModel(name, true);
      for (const [, features] of PSABI.slice(0, i + 1)) for (const feature of features.split(' ')) assert.ok(model.has(feature), feature);
      for (const [, features] of PSABI.slice(i + 1)) for (const feature of features.split(' ')) assert.ok(!model.has(feature), feature);
    });

  it('features are added and taken away in order, by any spelling', () => {
    assert.ok(parseCpuModel('x86-64-v1,+popcnt', false).has('popcnt'));
    assert.ok(parseCpuModel('x86-64-v1, +LZCNT', false).has('abm'));
    assert.ok(!parseCpuModel('max,-popcnt', false).has('popcnt'));
    assert.ok(parseCpuModel('max,-popcnt,+popcnt', false).has('popcnt'));
  });

  it('what builds on a feature goes with it', () => {
    const model = parseCpuModel('max,-cx8', false);
    assert.ok(!model.has('cx16'));
    const noSse = parseCpuModel('max,-sse', false);
    for (const row of FEATURES) if (row.needs.includes('sse') || row.needs.includes('sse2')) assert.ok(!noSse.has(row.name), row.name);
  });

  it('invariant TSC and MWAIT are hidden under a hypervisor unless asked for', () => {
    assert.ok(parseCpuModel('max', false).has('invtsc'));
    assert.ok(!parseCpuModel('max', true).has('invtsc'));
    assert.ok(parseCpuModel('max,+invtsc', true).has('invtsc'));
    assert.ok(parseCpuModel('max', false).has('monitor'));
    assert.ok(!parseCpuModel('max', true).has('monitor'));
    assert.ok(parseCpuModel('max,+monitor', true).has('monitor'));
  });

  const mistakes: [string, RegExp][] = [
    ['x86-64-v5', /there is no CPU model "x86-64-v5"; did you mean "x86-64-v1"\?/],
    ['', /there is no CPU model ""; there are "x86-64-v1", "x86-64-v2", "x86-64-v3", "max"/],
    ['toString', /there is no CPU model/],
    ['max,+popcn', /there is no CPU feature "popcn"; did you mean "popcnt"\?/],
    ['max,-sse5', /did you mean "sse\d?"\?/],
    ['max,-frobnicate', /there is no CPU feature "frobnicate"; see the list/],
    ['max,popcnt', /"popcnt" is no change .* write "\+popcnt" or "-popcnt"/],
    ['max,-lm', /cannot do without "lm"/],
    ['max,-sse,+sse2', /"sse2" needs "sse": add "\+sse"/],
    ['max,vendor=GenuineIntl', /did you mean "GenuineIntel"\?/],
  ];
  for (const [text, expected] of mistakes) it(text || '(nothing)', () => assert.match(message(text), expected));
});

/** Code at CPL 0 in 64-bit mode that ends at a handler of #UD or by HLT: 'ud', or 'ran'. */
function outcome(model: string, code: string): { machine: BareMachine; end: 'ran' | 'ud' } {
  const machine = new BareMachine({ model: parseCpuModel(model, false) });
  const state = machine.longMode();
  machine.write(0x1_0000, `${code} f4`);
  state.setU64('rip', 0x1_0000n);
  state.setGpr(4, 0x2_0000n);
  state.setGpr(6, 0x3_0000n);
  // #UD's gate leads to HLT at 1_1000h, through a GDT at 5000h.
  machine.write(0x1_1000, 'f4');
  machine.write(0x5008, 'ff ff 00 00 00 9b af 00');
  machine.write(0x6000 + 6 * 16, '00 10 08 00 00 8e 01 00 00 00 00 00 00 00 00 00');
  state.setU64('gdtrBase', 0x5000n);
  state.setU64('idtrBase', 0x6000n);
  const end = machine.run(20);
  assert.equal(end.kind, 'halted');
  return { machine, end: state.u64('rip') === 0x1_1001n ? 'ud' : 'ran' };
}

describe('CPU models: what is denied', () => {
  const cases: [string, string, string][] = [
    ['popcnt', 'POPCNT', 'f3 0f b8 c1'],
    ['cx16', 'CMPXCHG16B', '48 0f c7 0e'],
    ['cx8', 'CMPXCHG8B', '0f c7 0e'],
    ['lahf-lm', 'LAHF', '9f'],
    ['rdtscp', 'RDTSCP', '0f 01 f9'],
    ['tsc', 'RDTSC', '0f 31'],
    ['cmov', 'CMOVE', '0f 44 c1'],
    ['clflushopt', 'CLFLUSHOPT', '66 0f ae 3e'],
    ['smap', 'CLAC', '0f 01 ca'],
    ['sse2', 'MFENCE', '0f ae f0'],
  ];
  for (const [feature, name, code] of cases)
    it(`${name} without ${feature}: #UD`, () => {
      assert.equal(outcome('max', code).end, 'ran');
      assert.equal(outcome(`max,-${feature}`, code).end, 'ud');
    });

  it('LZCNT is BSR, TZCNT is BSF', () => {
    const value = (model: string, code: string): bigint => outcome(model, `48 c7 c1 00 01 00 00 ${code}`).machine.state.gpr(0);
    assert.equal(value('max', 'f3 48 0f bd c1'), 55n);
    assert.equal(value('max,-abm', 'f3 48 0f bd c1'), 8n);
    assert.equal(value('x86-64-v1', 'f3 48 0f bc c1'), 8n);
  });
});
