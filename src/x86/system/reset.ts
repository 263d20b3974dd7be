// Register values after power-on and INIT, and after a startup IPI (SDM vol 3 table 10-1, ch. 10.4.4.1; RESET and SIPI of ch. 9.4).

import { Activity, Gpr, Seg } from '../layout';
import type { CpuModel } from '../models/cpu-model';
import { VENDORS } from '../models/vendors.rows';
import { resetMtrrs } from '../mtrr';
import { resetPmu } from '../pmu/registers';
import type { VcpuState } from '../vcpu-state';
import { Cr0 } from './bits';
import { setStatus } from './fpu-status';
import { updateMode } from './mode';
import { enableMonitor } from './monitor';

const RESET_CS_BASE = 0xffff_0000n;
const RESET_RIP = 0xfff0n;
const REAL_MODE_DATA = 0x93;
const LDT_PRESENT = 0x82;
const TSS32_BUSY = 0x8b;
const DR6_RESET = 0xffff_0ff0n;
const DR7_RESET = 0x400n;
const PAT_RESET = 0x0007_0406_0007_0406n;
const MXCSR_RESET = 0x1f80;
/** Fast strings, performance monitoring without BTS and PEBS. */
const MISC_ENABLE_RESET = 1n | (1n << 7n) | (1n << 11n) | (1n << 12n);

export type ResetKind = 'power-on' | 'init';

/** Fields that INIT clears as RESET does; all others keep their value at INIT. */
function resetCommon(state: VcpuState, keepCacheBits: boolean, signature: number): void {
  for (let register = 0; register < 16; register++) state.setGpr(register, 0n);
  state.setGpr(Gpr.rdx, BigInt(signature));
  state.setU64('rip', RESET_RIP);
  state.setU64('rflags', 2n);
  const cacheBits = keepCacheBits ? state.u64('cr0') & (Cr0.CD | Cr0.NW) : Cr0.CD | Cr0.NW;
  state.setU64('cr0', cacheBits | Cr0.ET);
  for (const field of ['cr2', 'cr3', 'cr4', 'efer'] as const) state.setU64(field, 0n);
  for (let register = 0; register < 4; register++) state.setPdpte(register, 0n);
  const data = { selector: 0, access: REAL_MODE_DATA, limit: 0xffff, base: 0n };
  for (const segment of [Seg.es, Seg.ss, Seg.ds, Seg.fs, Seg.gs]) state.setSegment(segment, data);
  state.setSegment(Seg.cs, { ...data, selector: 0xf000, base: RESET_CS_BASE });
  state.setSegment(Seg.ldtr, { ...data, access: LDT_PRESENT });
  state.setSegment(Seg.tr, { ...data, access: TSS32_BUSY });
  state.setU64('gdtrBase', 0n);
  state.setU64('idtrBase', 0n);
  state.setU32('gdtrLimit', 0xffff);
  state.setU32('idtrLimit', 0xffff);
  for (let register = 0; register < 6; register++) state.setDr(register, 0n);
  state.setDr(6, DR6_RESET);
  state.setDr(7, DR7_RESET);
  state.setU64('pendingDebug', 0n);
  for (const field of ['cpl', 'intrPending', 'nmiPending', 'nmiBlocked', 'shadow', 'resumeFlag'] as const) state.setU32(field, 0);
}

/** x87, SSE and MSRs: power-on only. */
function resetPowerOn(state: VcpuState): void {
  resetPmu(state);
  resetMtrrs(state);
  for (const field of ['star', 'lstar', 'cstar', 'fmask', 'kernelGsBase', 'sysenterCs', 'sysenterEsp', 'sysenterEip'] as const)
    state.setU64(field, 0n);
  for (const field of ['debugCtl', 'tscAux', 'tscOffset', 'tscAdjust', 'pkru', 'retired', 'extraNs', 'fip', 'fdp'] as const)
    state.setU64(field, 0n);
  state.setU64('pat', PAT_RESET);
  state.setU64('miscEnable', MISC_ENABLE_RESET);
  state.setU64('xcr0', 1n);
  state.setU64('pkru', 0n);
  state.setU32('mxcsr', MXCSR_RESET);
  state.setU32('fcw', 0x40);
  setStatus(state, 0);
  /** Tag word 5555h: all zero, which is "not empty" in the abridged form. */
  state.setU32('ftw', 0xff);
  state.setU32('fop', 0);
  state.setU32('fpSegments', 0);
  for (let register = 0; register < 16; register++) for (let quad = 0; quad < 4; quad++) state.setYmmQuad(register, quad, 0n);
  for (let register = 0; register < 8; register++) state.setSt(register, 0n);
}

/** `bootstrap`: the BSP goes on at the reset vector, others wait for a startup IPI. `model`: whose CPUID.1:EAX and optional parts count. */
export function resetState(state: VcpuState, kind: ResetKind, bootstrap: boolean, model?: CpuModel): void {
  resetCommon(state, kind === 'init', (model?.vendor ?? VENDORS[0]!).signature);
  state.setU64('monitor', 0n);
  if (kind === 'power-on') {
    resetPowerOn(state);
    if (model === undefined || model.has('monitor')) enableMonitor(state);
  }
  state.setU32('activity', bootstrap ? Activity.running : Activity.waitForSipi);
  updateMode(state);
}

/** Startup IPI: CS:IP = vector00h:0000h, if waiting (SDM vol 3 ch. 9.4.4.1). False: not waiting, ignored. */
export function startupState(state: VcpuState, vector: number): boolean {
  if (state.u32('activity') !== Activity.waitForSipi) return false;
  state.setSegment(Seg.cs, { selector: vector << 8, access: REAL_MODE_DATA, limit: 0xffff, base: BigInt(vector) << 12n });
  state.setU64('rip', 0n);
  state.setU32('activity', Activity.running);
  updateMode(state);
  return true;
}
