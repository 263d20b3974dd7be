// CR0, CR2, CR3, CR4, CR8: MOV, LMSW, SMSW, CLTS, with all that a change of mode checks and does (SDM vol 3 ch. 2.5, 4.1, 10.8.5; vol 2 "MOV - control registers").

import type { Cpu, Helper, HelperInsn } from '../cpu';
import { faults } from '../fault';
import { Seg } from '../layout';
import { Access, Cr0, Cr4, Efer, PHYSICAL_ADDRESS_BITS, SystemType } from './bits';
import { isCode64, isLongMode } from './mode';
import { readSelector, requireCpl0, requireNoUmip, setRegister, writeWordOrRegister } from './operands';
import { readPdptes, setPdptes, usesPae } from './pdptes';

const CR0_DEFINED = Cr0.PE | Cr0.MP | Cr0.EM | Cr0.TS | Cr0.ET | Cr0.NE | Cr0.WP | Cr0.AM | Cr0.NW | Cr0.CD | Cr0.PG;
/** A change of these makes cached translations wrong. */
const CR0_PAGING = Cr0.PG | Cr0.PE | Cr0.WP;
const CR4_PAGING = Cr4.PSE | Cr4.PAE | Cr4.PGE | Cr4.LA57 | Cr4.PCIDE | Cr4.SMEP | Cr4.SMAP | Cr4.PKE;
const CR4_RELOADS_PDPTES = Cr4.PAE | Cr4.PSE | Cr4.PGE | Cr4.SMEP;
const CR3_PCID = 0xfffn;
const CR3_NO_FLUSH = 1n << 63n;
const LMSW_BITS = Cr0.PE | Cr0.MP | Cr0.EM | Cr0.TS;

/** The four PDPTEs that CR3 points to, checked. */
function checkedPdptes(cpu: Cpu, cr3: bigint): bigint[] {
  const entries = readPdptes((gpa) => cpu.physical.read64(gpa), cr3);
  if (entries === undefined) throw faults.gp(0);
  return entries;
}

function enableLongMode(cpu: Cpu, cr4: bigint): void {
  const { state } = cpu;
  if (!(cr4 & Cr4.PAE)) throw faults.gp(0);
  if (state.segment(Seg.cs).access & Access.L) throw faults.gp(0);
  const tr = state.segment(Seg.tr).access & Access.type;
  if (tr === SystemType.tss16Busy || tr === SystemType.tss16Available) throw faults.gp(0);
}

/** `kind`: the event of MOV or of LMSW. */
export function writeCr0(cpu: Cpu, value: bigint, kind: 'cr-write' | 'lmsw' = 'cr-write'): void {
  const { state } = cpu;
  const old = state.u64('cr0');
  const efer = state.u64('efer');
  const cr4 = state.u64('cr4');
  if (value >> 32n) throw faults.gp(0);
  if (value & Cr0.PG && !(value & Cr0.PE)) throw faults.gp(0);
  if (value & Cr0.NW && !(value & Cr0.CD)) throw faults.gp(0);
  const next = (value & CR0_DEFINED) | Cr0.ET;
  const changed = next ^ old;
  let nextEfer = efer;
  if (changed & Cr0.PG) {
    if (next & Cr0.PG) {
      if (efer & Efer.LME) {
        enableLongMode(cpu, cr4);
        nextEfer |= Efer.LMA;
      }
    } else {
      if (isCode64(state) || cr4 & Cr4.PCIDE) throw faults.gp(0);
      nextEfer &= ~Efer.LMA;
    }
  }
  const reload = usesPae(next, cr4, nextEfer) && (changed & (Cr0.PG | Cr0.CD | Cr0.NW)) !== 0n;
  const pdptes = reload ? checkedPdptes(cpu, state.u64('cr3')) : undefined;
  cpu.host.event(kind, 0, next);
  if (pdptes) setPdptes(state, pdptes);
  state.setU64('cr0', next);
  state.setU64('efer', nextEfer);
  if (changed & Cr0.PE && !(next & Cr0.PE)) state.setU32('cpl', 0);
  if (changed & CR0_PAGING) cpu.tlb.flushAll(true);
  cpu.modeChanged();
}

/** With CR4.PCIDE, bit 63 of the value is no part of CR3: it keeps the entries of the new PCID (SDM vol 3 ch. 5.10.4.1). */
export function writeCr3(cpu: Cpu, source: bigint): void {
  const { state } = cpu;
  const pcide = (state.u64('cr4') & Cr4.PCIDE) !== 0n;
  const keeps = pcide && (source & CR3_NO_FLUSH) !== 0n;
  const value = pcide ? source & ~CR3_NO_FLUSH : source;
  if (isLongMode(state) && value >> BigInt(PHYSICAL_ADDRESS_BITS)) throw faults.gp(0);
  const pae = usesPae(state.u64('cr0'), state.u64('cr4'), state.u64('efer'));
  const pdptes = pae ? checkedPdptes(cpu, value) : undefined;
  cpu.host.event('cr-write', 3, value);
  if (pdptes) setPdptes(state, pdptes);
  state.setU64('cr3', value);
  cpu.tlb.contextChanged();
  if (!keeps) cpu.tlb.flushContext(pcide ? Number(value & CR3_PCID) : 0);
}

export function writeCr4(cpu: Cpu, value: bigint): void {
  const { state } = cpu;
  const old = state.u64('cr4');
  const changed = value ^ old;
  if (value & ~cpu.model.cr4) throw faults.gp(0);
  if (isLongMode(state) && (!(value & Cr4.PAE) || changed & Cr4.LA57)) throw faults.gp(0);
  if (value & changed & Cr4.PCIDE && (!isLongMode(state) || state.u64('cr3') & CR3_PCID)) throw faults.gp(0);
  const pae = usesPae(state.u64('cr0'), value, state.u64('efer'));
  const pdptes = pae && changed & CR4_RELOADS_PDPTES ? checkedPdptes(cpu, state.u64('cr3')) : undefined;
  cpu.host.event('cr-write', 4, value);
  if (pdptes) setPdptes(state, pdptes);
  state.setU64('cr4', value);
  if (changed & CR4_PAGING) cpu.tlb.flushAll(true);
  if (changed & Cr4.PCIDE) cpu.tlb.contextChanged();
  cpu.modeChanged();
}

/** CR8 is bits 7:4 of the local APIC's task-priority register (SDM vol 3 ch. 11.8.6.1). */
function writeCr8(cpu: Cpu, value: bigint): void {
  if (value >> 4n) throw faults.gp(0);
  cpu.host.event('cr-write', 8, value);
  cpu.host.writeTpr(Number(value) << 4);
}

const operandBytes = (cpu: Cpu): 4 | 8 => (isCode64(cpu.state) ? 8 : 4);

function checkRegister(cpu: Cpu, insn: HelperInsn): void {
  const { reg } = insn;
  if (reg !== 0 && reg !== 2 && reg !== 3 && reg !== 4 && reg !== 8) throw faults.ud();
  requireCpl0(cpu);
}

export const movToCr: Helper = (cpu, insn) => {
  checkRegister(cpu, insn);
  const value = BigInt.asUintN(operandBytes(cpu) * 8, cpu.state.gpr(insn.rm));
  if (insn.reg === 0) writeCr0(cpu, value);
  else if (insn.reg === 3) writeCr3(cpu, value);
  else if (insn.reg === 4) writeCr4(cpu, value);
  else if (insn.reg === 8) writeCr8(cpu, value);
  else {
    cpu.host.event('cr-write', 2, value);
    cpu.state.setU64('cr2', value);
  }
};

export const movFromCr: Helper = (cpu, insn) => {
  checkRegister(cpu, insn);
  const { state, host } = cpu;
  const { reg } = insn;
  host.event('cr-read', reg, 0);
  const value = reg === 8 ? BigInt(host.readTpr() >> 4) : state.u64(reg === 0 ? 'cr0' : reg === 2 ? 'cr2' : reg === 3 ? 'cr3' : 'cr4');
  setRegister(state, insn.rm, operandBytes(cpu), value);
};

/** Sets PE, MP, EM and TS; cannot clear PE. */
export const lmsw: Helper = (cpu, insn) => {
  requireCpl0(cpu);
  const value = BigInt(readSelector(cpu, insn)) & LMSW_BITS;
  writeCr0(cpu, (cpu.state.u64('cr0') & ~(LMSW_BITS & ~Cr0.PE)) | value, 'lmsw');
};

export const smsw: Helper = (cpu, insn) => {
  requireNoUmip(cpu);
  cpu.host.event('sensitive', 0, 0);
  writeWordOrRegister(cpu, insn, cpu.state.u64('cr0'));
};

export const clts: Helper = (cpu) => {
  requireCpl0(cpu);
  cpu.host.event('clts', 0, 0);
  cpu.state.setU64('cr0', cpu.state.u64('cr0') & ~Cr0.TS);
  cpu.modeChanged();
};
