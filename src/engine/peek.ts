// The debugger's page walk: what the CPU would translate now, without filling a TLB or setting a bit (SDM vol 3 ch. 5).
import { FRAME_TABLE, FRAME_TABLE_FRAMES, FrameKind, ModeBit, PAGE_SIZE, S } from '../x86/layout';
import type { VcpuState } from '../x86/vcpu-state';
import type { TranslateResult } from './cpu-engine';
import type { EngineMemory } from './vm-memory';

const P = 1;
const PS = 0x80;
/** Of an entry's upper half. */
const ADDRESS_HI = 0xf_ffff;
const NX_HI = 0x8000_0000;
const TWO_32 = 0x1_0000_0000;
/** Of CR4 and EFER. */
const [PSE, PAE, LA57] = [0x10, 0x20, 0x1000];
const NXE = 0x800;

export function peekTranslate(memory: EngineMemory, state: VcpuState, linear: bigint): TranslateResult | undefined {
  const into = { gpa: 0, writable: false, user: false, executable: false };
  return peekInto(memory, state, Number(linear & 0xffff_ffffn), Number((linear >> 32n) & 0xffff_ffffn), into) ? into : undefined;
}

/** The same by the address's halves, into an object that is there: a profile walks for every sample. False: not mapped. */
export function peekInto(memory: EngineMemory, state: VcpuState, lo: number, hi: number, into: TranslateResult): boolean {
  const mode = state.u32('mode');
  if (!(mode & ModeBit.paging)) return found(into, lo >>> 0, true, true, true);
  if (mode & ModeBit.longMode) {
    const levels = state.u32('cr4') & LA57 ? 5 : 4;
    const above = (hi | 0) >> (levels * 9 - 21);
    return (above === 0 || above === -1) && wide(memory, state, lo, hi, tableOf(state, S.cr3), levels, into);
  }
  if ((state.u32('cr4') & PAE) === 0) return narrow(memory, state, lo, into);
  const pdpte = S.pdpte + (lo >>> 30) * 8;
  return (state.u32At(pdpte) & P) !== 0 && wide(memory, state, lo, 0, tableOf(state, pdpte), 2, into);
}

function found(into: TranslateResult, gpa: number, writable: boolean, user: boolean, executable: boolean): true {
  into.gpa = gpa;
  into.writable = writable;
  into.user = user;
  into.executable = executable;
  return true;
}

/** Where the table is that CR3 or an entry points to. */
const tableOf = (state: VcpuState, field: number): number =>
  (state.u32At(field + 4) & ADDRESS_HI) * TWO_32 + ((state.u32At(field) & -4096) >>> 0);

/** Where in memory, in words, an entry of a table is; -1: in no RAM. */
function wordOf({ u32 }: EngineMemory, gpa: number): number {
  const gfn = Math.floor(gpa / PAGE_SIZE);
  const frame = gfn < FRAME_TABLE_FRAMES ? u32[(FRAME_TABLE >> 2) + gfn]! : 0;
  return frame & FrameKind.ram ? ((frame & -PAGE_SIZE) >>> 2) + ((gpa % PAGE_SIZE) >>> 2) : -1;
}

function wide(
  memory: EngineMemory,
  state: VcpuState,
  lo: number,
  hi: number,
  root: number,
  levels: number,
  into: TranslateResult,
): boolean {
  const { u32 } = memory;
  const nxe = (state.u32('efer') & NXE) !== 0;
  let table = root;
  let writable = true;
  let user = true;
  let executable = true;
  for (let level = levels; level >= 1; level--) {
    const shift = 3 + level * 9;
    const index = (shift >= 32 ? hi >>> (shift - 32) : (lo >>> shift) | (shift > 23 ? hi << (32 - shift) : 0)) & 511;
    const at = wordOf(memory, table + index * 8);
    const entryLo = at < 0 ? 0 : u32[at]!;
    if (!(entryLo & P)) return false;
    const entryHi = u32[at + 1]!;
    writable &&= (entryLo & 2) !== 0;
    user &&= (entryLo & 4) !== 0;
    if (nxe && entryHi & NX_HI) executable = false;
    const frames = (entryHi & ADDRESS_HI) * TWO_32;
    if (level === 1 || (level < 4 && entryLo & PS)) {
      const span = (1 << shift) - 1;
      return found(into, frames + (((entryLo & ~span) | (lo & span)) >>> 0), writable, user, executable);
    }
    table = frames + ((entryLo & -4096) >>> 0);
  }
  return false;
}

/** Where there is no RAM, ones are read, as the processor does. */
function narrowEntry(memory: EngineMemory, table: number, index: number): number {
  const at = wordOf(memory, table + index * 4);
  return at < 0 ? -1 : memory.u32[at]!;
}

function narrow(memory: EngineMemory, state: VcpuState, address: number, into: TranslateResult): boolean {
  const directory = narrowEntry(memory, (state.u32('cr3') & -4096) >>> 0, address >>> 22);
  if (!(directory & P)) return false;
  if (directory & PS && state.u32('cr4') & PSE) {
    const gpa = (directory >>> 22) * 0x40_0000 + ((directory >>> 13) & 0xff) * TWO_32 + (address & 0x3f_ffff);
    return found(into, gpa, (directory & 2) !== 0, (directory & 4) !== 0, true);
  }
  const entry = narrowEntry(memory, (directory & -4096) >>> 0, (address >>> 12) & 0x3ff);
  if (!(entry & P)) return false;
  return found(into, ((entry & -4096) >>> 0) + (address & 4095), (directory & entry & 2) !== 0, (directory & entry & 4) !== 0, true);
}
