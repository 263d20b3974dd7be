// Registers of one vCPU by the names that debuggers use: the SDM's, with "cs.base" and the like for segment parts. One table for reading and writing.
import { UserError } from '../base/user-error';
import { GPR_NAMES, ModeBit, type S, SEG_NAMES, U32_FIELDS } from '../x86/layout';
import type { SegmentRegister, VcpuState } from '../x86/vcpu-state';
import type { RegisterFile } from './control/types';

interface RegisterRow {
  readonly name: string;
  readonly bits: number;
  get(state: VcpuState): bigint;
  set(state: VcpuState, value: bigint): void;
}

type Scalar = Parameters<VcpuState['u64']>[0];
const isU32 = (field: Scalar): boolean => (U32_FIELDS as readonly (keyof typeof S)[]).includes(field);

const scalar = (name: string, field: Scalar, bits = isU32(field) ? 32 : 64): RegisterRow => ({
  name,
  bits,
  get: (state) => (isU32(field) ? BigInt(state.u32(field)) : state.u64(field)),
  set: (state, value) => (isU32(field) ? state.setU32(field, Number(value)) : state.setU64(field, value)),
});

const gpr = (name: string, index: number): RegisterRow => ({
  name,
  bits: 64,
  get: (state) => state.gpr(index),
  set: (state, value) => state.setGpr(index, value),
});

const segmentPart = (segment: number, name: string, part: keyof SegmentRegister, bits: number): RegisterRow => ({
  name,
  bits,
  get: (state) => BigInt(state.segment(segment)[part]),
  set: (state, value) => state.setSegment(segment, { ...state.segment(segment), [part]: part === 'base' ? value : Number(value) }),
});

const segment = (name: string, index: number): RegisterRow[] => [
  segmentPart(index, name, 'selector', 16),
  segmentPart(index, `${name}.base`, 'base', 64),
  segmentPart(index, `${name}.limit`, 'limit', 32),
  segmentPart(index, `${name}.access`, 'access', 32),
];

const debugRegister = (index: number): RegisterRow => ({
  name: `dr${index}`,
  bits: 64,
  get: (state) => state.dr(index),
  set: (state, value) => state.setDr(index, value),
});

const xmm = (index: number): RegisterRow => ({
  name: `xmm${index}`,
  bits: 128,
  get: (state) => (state.ymmQuad(index, 1) << 64n) | state.ymmQuad(index, 0),
  set: (state, value) => {
    state.setYmmQuad(index, 0, BigInt.asUintN(64, value));
    state.setYmmQuad(index, 1, value >> 64n);
  },
});

/** Upper half of a YMM register. */
const ymmHigh = (index: number): RegisterRow => ({
  name: `ymm${index}h`,
  bits: 128,
  get: (state) => (state.ymmQuad(index, 3) << 64n) | state.ymmQuad(index, 2),
  set: (state, value) => {
    state.setYmmQuad(index, 2, BigInt.asUintN(64, value));
    state.setYmmQuad(index, 3, value >> 64n);
  },
});

/** Counted from the top of the stack, FSW.TOP. */
const st = (index: number): RegisterRow => {
  const physical = (state: VcpuState): number => ((state.u32('fsw') >> 11) + index) & 7;
  return {
    name: `st${index}`,
    bits: 80,
    get: (state) => state.st(physical(state)),
    set: (state, value) => state.setSt(physical(state), value),
  };
};

const half = (name: string, field: 'fpSegments', shift: 0 | 16): RegisterRow => ({
  name,
  bits: 16,
  get: (state) => BigInt((state.u32(field) >>> shift) & 0xffff),
  set: (state, value) => state.setU32(field, ((state.u32(field) & ~(0xffff << shift)) | (Number(value) << shift)) >>> 0),
});

const ROWS: readonly RegisterRow[] = [
  ...GPR_NAMES.map(gpr),
  scalar('rip', 'rip'),
  scalar('rflags', 'rflags'),
  ...SEG_NAMES.flatMap(segment),
  scalar('gdtr.base', 'gdtrBase'),
  scalar('gdtr.limit', 'gdtrLimit', 16),
  scalar('idtr.base', 'idtrBase'),
  scalar('idtr.limit', 'idtrLimit', 16),
  scalar('cr0', 'cr0'),
  scalar('cr2', 'cr2'),
  scalar('cr3', 'cr3'),
  scalar('cr4', 'cr4'),
  scalar('xcr0', 'xcr0'),
  ...[0, 1, 2, 3, 6, 7].map(debugRegister),
  scalar('efer', 'efer'),
  scalar('star', 'star'),
  scalar('lstar', 'lstar'),
  scalar('cstar', 'cstar'),
  scalar('fmask', 'fmask'),
  scalar('kernel_gs_base', 'kernelGsBase'),
  scalar('sysenter_cs', 'sysenterCs'),
  scalar('sysenter_esp', 'sysenterEsp'),
  scalar('sysenter_eip', 'sysenterEip'),
  scalar('tsc_aux', 'tscAux'),
  scalar('tsc_adjust', 'tscAdjust'),
  scalar('pat', 'pat'),
  scalar('misc_enable', 'miscEnable'),
  scalar('mxcsr', 'mxcsr'),
  scalar('fcw', 'fcw', 16),
  scalar('fsw', 'fsw', 16),
  scalar('ftw', 'ftw', 8),
  scalar('fop', 'fop', 11),
  scalar('fip', 'fip'),
  scalar('fdp', 'fdp'),
  half('fcs', 'fpSegments', 0),
  half('fds', 'fpSegments', 16),
  scalar('pkru', 'pkru', 32),
  ...Array.from({ length: 8 }, (_, index) => st(index)),
  ...Array.from({ length: 16 }, (_, index) => xmm(index)),
  ...Array.from({ length: 16 }, (_, index) => ymmHigh(index)),
];
const BY_NAME: ReadonlyMap<string, RegisterRow> = new Map(ROWS.map((row) => [row.name, row]));

/** Not written by name: the privilege level is SS's and CS's. */
const CPL = 'cpl';

export const registerErrors = {
  unknown: (name: string) => new UserError('register-unknown', `there is no register "${name}"`),
  readOnly: (name: string) => new UserError('register-read-only', `register "${name}" cannot be written: it follows from others`),
  range: (name: string, bits: number) =>
    new UserError('register-range', `the value does not fit into the ${bits} bits of register "${name}"`),
  pdptes: (name: string, cr3: bigint) =>
    new UserError(
      'register-pdptes',
      `register "${name}" was not written: PAE paging would load its four page-directory-pointer-table entries from CR3 = 0x${cr3.toString(16)}, where reserved bits are set in one of them, or there is no RAM; write the table first`,
    ),
} as const;

export function readRegister(state: VcpuState, name: string): bigint | undefined {
  if (name === CPL) return BigInt(state.u32('cpl'));
  return BY_NAME.get(name)?.get(state);
}

/** Negative values are taken as their two's complement. What depends on the register is the caller's to update. */
export function writeRegister(state: VcpuState, name: string, value: bigint): void {
  const row = BY_NAME.get(name);
  if (name === CPL) throw registerErrors.readOnly(name);
  if (row === undefined) throw registerErrors.unknown(name);
  if (value >= 1n << BigInt(row.bits) || value < -(1n << BigInt(row.bits - 1))) throw registerErrors.range(name, row.bits);
  row.set(state, BigInt.asUintN(row.bits, value));
}

export function registerFile(state: VcpuState): RegisterFile {
  const values: Record<string, bigint> = {};
  for (const row of ROWS) values[row.name] = row.get(state);
  values[CPL] = BigInt(state.u32('cpl'));
  return { values, mode: modeName(state.u32('mode')) };
}

export function modeName(mode: number): string {
  if (mode & ModeBit.code64) return 'long64';
  if (mode & ModeBit.longMode) return mode & ModeBit.code32 ? 'compatibility32' : 'compatibility16';
  if (mode & ModeBit.virtual8086) return 'virtual-8086';
  if ((mode & ModeBit.protectedMode) === 0) return 'real';
  return mode & ModeBit.code32 ? 'protected32' : 'protected16';
}
