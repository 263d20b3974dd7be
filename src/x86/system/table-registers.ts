// GDTR, IDTR, LDTR and TR: LGDT LIDT LLDT LTR, SGDT SIDT SLDT STR (SDM vol 2; vol 3 ch. 2.4).
import type { Cpu, Helper, HelperInsn } from '../cpu';
import { faults } from '../fault';
import { Seg } from '../layout';
import { SystemType } from './bits';
import {
  cacheOf,
  type Descriptor,
  isNull,
  isPresent,
  isSystem,
  readDescriptor,
  selectorError,
  typeOf,
  unusable,
  upperHalf,
} from './descriptors';
import { isCanonicalBase, isCode64, isLongMode } from './mode';
import { operandAddress, readSelector, requireCpl0, requireNoUmip, requireProtected, writeWordOrRegister } from './operands';

/** Second argument of the host's 'descriptor-table' and 'sensitive' events. */
export const Table = { gdtr: 0, idtr: 1, ldtr: 2, tr: 3 } as const;

const load =
  (table: 'gdtr' | 'idtr'): Helper =>
  (cpu, insn) => {
    requireCpl0(cpu);
    const { state, memory } = cpu;
    const long = isCode64(state);
    const linear = operandAddress(cpu, insn, long ? 10 : 6, false);
    const limit = Number(memory.read(linear, 2, 'current'));
    const base = memory.read(linear + 2n, long ? 8 : 4, 'current');
    if (long && !isCanonicalBase(base, cpu.model)) throw faults.gp(0);
    cpu.host.event('descriptor-table', base, Table[table]);
    const masked = !long && insn.operandSize === 2 ? base & 0xff_ffffn : base;
    state.setU64(table === 'gdtr' ? 'gdtrBase' : 'idtrBase', masked);
    state.setU32(table === 'gdtr' ? 'gdtrLimit' : 'idtrLimit', limit);
  };

const store =
  (table: 'gdtr' | 'idtr'): Helper =>
  (cpu, insn) => {
    requireNoUmip(cpu);
    const { state, memory } = cpu;
    const size = isCode64(state) ? 8 : 4;
    const linear = operandAddress(cpu, insn, 2 + size, true);
    cpu.host.event('sensitive', linear, Table[table]);
    // The image is aligned to 4 where alignment is checked, whatever its parts are.
    memory.probeWrite(linear, 4, 'current');
    memory.probeWrite(linear, 2 + size, 'current');
    memory.write(linear, 2, BigInt(state.u32(table === 'gdtr' ? 'gdtrLimit' : 'idtrLimit') & 0xffff), 'current');
    const base = state.u64(table === 'gdtr' ? 'gdtrBase' : 'idtrBase');
    for (let i = 0; i < size; i += 2) memory.write(linear + BigInt(2 + i), 2, (base >> BigInt(8 * i)) & 0xffffn, 'current');
  };

export const lgdt = load('gdtr');
export const lidt = load('idtr');
export const sgdt = store('gdtr');
export const sidt = store('idtr');

/** In IA-32e mode LDT and TSS descriptors are 16 bytes. */
function systemBase(cpu: Cpu, descriptor: Descriptor): bigint {
  const low = cacheOf(descriptor).base;
  if (!isLongMode(cpu.state)) return low;
  const upper = upperHalf(cpu, descriptor);
  if (upper === undefined || (upper >> 40n) & 0x1fn) throw faults.gp(selectorError(descriptor.selector));
  const base = low | ((upper & 0xffff_ffffn) << 32n);
  if (!isCanonicalBase(base, cpu.model)) throw faults.gp(selectorError(descriptor.selector));
  return base;
}

function readSystem(cpu: Cpu, selector: number, types: readonly number[]): Descriptor {
  const code = selectorError(selector);
  if (selector & 4) throw faults.gp(code);
  const descriptor = readDescriptor(cpu, selector, faults.gp);
  if (!isSystem(descriptor) || !types.includes(typeOf(descriptor))) throw faults.gp(code);
  if (!isPresent(descriptor)) throw faults.np(code);
  return descriptor;
}

export const lldt: Helper = (cpu, insn) => {
  requireProtected(cpu);
  requireCpl0(cpu);
  const selector = readSelector(cpu, insn);
  cpu.host.event('descriptor-table', selector, Table.ldtr);
  if (isNull(selector)) {
    cpu.state.setSegment(Seg.ldtr, unusable(selector));
    return;
  }
  const descriptor = readSystem(cpu, selector, [SystemType.ldt]);
  cpu.state.setSegment(Seg.ldtr, { ...cacheOf(descriptor), base: systemBase(cpu, descriptor) });
};

const BUSY = 2;

export const ltr: Helper = (cpu: Cpu, insn: HelperInsn) => {
  requireProtected(cpu);
  requireCpl0(cpu);
  const selector = readSelector(cpu, insn);
  if (isNull(selector)) throw faults.gp(0);
  const long = isLongMode(cpu.state);
  const types = long ? [SystemType.tss32Available] : [SystemType.tss16Available, SystemType.tss32Available];
  const descriptor = readSystem(cpu, selector, types);
  const base = systemBase(cpu, descriptor);
  cpu.host.event('descriptor-table', selector, Table.tr);
  const byte = ((descriptor.raw >> 40n) & 0xffn) | BigInt(BUSY);
  cpu.memory.write(descriptor.linear + 5n, 1, byte, 'system');
  const cache = cacheOf(descriptor);
  cpu.state.setSegment(Seg.tr, { ...cache, access: cache.access | BUSY, base });
};

const storeSelector =
  (segment: number, table: number): Helper =>
  (cpu, insn) => {
    requireProtected(cpu);
    requireNoUmip(cpu);
    cpu.host.event('sensitive', insn.linear, table);
    writeWordOrRegister(cpu, insn, BigInt(cpu.state.segment(segment).selector & 0xffff));
  };
export const sldt = storeSelector(Seg.ldtr, Table.ldtr);
export const str = storeSelector(Seg.tr, Table.tr);
