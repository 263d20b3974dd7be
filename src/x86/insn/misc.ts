// NOP, hints and fences, flag instructions, LAHF and SAHF, and the decimal and other rare ones that helpers run (SDM vol 2).
import { Flag } from '../emit/flags';
import { type Emit, type InsnRow, row } from './row';

const nop: Emit = () => {};
/** A cache line flush faults as a read does. */
const touch: Emit = (c) => void c.read(0);
const setFlag =
  (mask: number, value: number): Emit =>
  (c) => {
    c.f.i64(value);
    c.flagsReplace(mask, c.keep());
  };
const cmc: Emit = (c) => {
  c.carry();
  c.f.i64(1).op('i64.xor');
  c.flagsReplace(Flag.CF, c.keep());
};
const lahf: Emit = (c) => {
  c.materialise();
  c.rflags();
  c.f.i64(0xd5).op('i64.and').i64(2).op('i64.or');
  c.write(0, c.keep());
};
const sahf: Emit = (c) => {
  // AH's other bits are no flags.
  c.f.get(c.read(0)).i64(0xd5).op('i64.and');
  c.flagsReplace(0xd5, c.keep());
};

const EMIT_NOP = { emit: nop } as const;
export const MISC_ROWS: readonly InsnRow[] = [
  row('PAUSE', 'F3 90', '', { emit: (c) => c.pause(), ends: true }),
  row('NOP', '90', '', EMIT_NOP),
  row('ENDBR64', 'F3 0F 1E [FA]', '', EMIT_NOP),
  row('ENDBR32', 'F3 0F 1E [FB]', '', EMIT_NOP),
  ...['0D', '18', '19', '1A', '1B', '1C', '1D', '1E', '1F'].map((opcode) => row('NOP', `0F ${opcode} /r`, 'rmv:n, rv:n', EMIT_NOP)),
  row('LFENCE', 'NP 0F AE /5', 'R32:n', { ...EMIT_NOP, feature: 'sse2' }),
  row('MFENCE', 'NP 0F AE /6', 'R32:n', { ...EMIT_NOP, feature: 'sse2' }),
  row('SFENCE', 'NP 0F AE /7', 'R32:n', { ...EMIT_NOP, feature: 'sse' }),
  row('CLFLUSH', 'NP 0F AE /7', 'm8:r', { emit: touch, feature: 'clflush' }),
  row('CLFLUSHOPT', '66 0F AE /7', 'm8:r', { emit: touch, feature: 'clflushopt' }),
  row('CLC', 'F8', '', { emit: setFlag(Flag.CF, 0), flags: { write: 'c' } }),
  row('STC', 'F9', '', { emit: setFlag(Flag.CF, Flag.CF), flags: { write: 'c' } }),
  row('CMC', 'F5', '', { emit: cmc, flags: { read: 'c', write: 'c' } }),
  row('CLD', 'FC', '', { emit: setFlag(Flag.DF, 0), flags: { write: 'd' } }),
  row('STD', 'FD', '', { emit: setFlag(Flag.DF, Flag.DF), flags: { write: 'd' } }),
  row('LAHF', '9F', 'ah:w', { emit: lahf, modes: 'legacy', flags: { read: 'cpazs' } }),
  row('SAHF', '9E', 'ah:r', { emit: sahf, modes: 'legacy', flags: { write: 'cpazs' } }),
  row('LAHF', '9F', 'ah:w', { emit: lahf, modes: '64', feature: 'lahf-lm', flags: { read: 'cpazs' } }),
  row('SAHF', '9E', 'ah:r', { emit: sahf, modes: '64', feature: 'lahf-lm', flags: { write: 'cpazs' } }),
  row('SALC', 'D6', '', { helper: 'salc', modes: 'legacy', flags: { read: 'c' } }),
  row('XLAT', 'D7', '', { helper: 'xlat' }),
  row('DAA', '27', '', { helper: 'daa', modes: 'legacy', flags: { read: 'ca', write: 'cpazs', undefined: 'o' } }),
  row('DAS', '2F', '', { helper: 'das', modes: 'legacy', flags: { read: 'ca', write: 'cpazs', undefined: 'o' } }),
  row('AAA', '37', '', { helper: 'aaa', modes: 'legacy', flags: { read: 'a', write: 'ca', undefined: 'pzso' } }),
  row('AAS', '3F', '', { helper: 'aas', modes: 'legacy', flags: { read: 'a', write: 'ca', undefined: 'pzso' } }),
  row('AAM', 'D4 ib', 'imm', { helper: 'aam', modes: 'legacy', flags: { write: 'pzs', undefined: 'cao' } }),
  row('AAD', 'D5 ib', 'imm', { helper: 'aad', modes: 'legacy', flags: { write: 'pzs', undefined: 'cao' } }),
  row('BOUND', '62 /r', 'rv:r, mv:r', { helper: 'bound', modes: 'legacy' }),
  row('UD0', '0F FF /r', 'r32:n, rm32:n', { undefined: true }),
  row('UD1', '0F B9 /r', 'r32:n, rm32:n', { undefined: true }),
  row('UD2', '0F 0B', '', { undefined: true }),
];
