// The debugger's page walk: what the CPU would translate now, without filling a TLB or setting a bit (SDM vol 3 ch. 5).
import { FrameKind, ModeBit } from '../x86/layout';
import type { VcpuState } from '../x86/vcpu-state';
import type { TranslateResult } from './cpu-engine';
import type { EngineMemory } from './vm-memory';

const P = 1;
const PS = 0x80;
const ADDRESS = 0x000f_ffff_ffff_f000n;
/** Of an entry's upper half. */
const ADDRESS_HI = 0xf_ffff;
const NX_HI = 0x8000_0000;
const TWO_32 = 0x1_0000_0000;

export function peekTranslate(memory: EngineMemory, state: VcpuState, linear: bigint): TranslateResult | undefined {
  const mode = state.u32('mode');
  const address = mode & ModeBit.longMode ? BigInt.asUintN(64, linear) : BigInt.asUintN(32, linear);
  if (!(mode & ModeBit.paging)) return { gpa: Number(BigInt.asUintN(32, address)), writable: true, user: true, executable: true };
  if (mode & ModeBit.longMode) {
    const levels = state.u64('cr4') & 0x1000n ? 5 : 4;
    if (BigInt.asIntN(levels * 9 + 12, address) !== BigInt.asIntN(64, address)) return undefined;
    return wide(memory, state, address, Number(state.u64('cr3') & ADDRESS), levels);
  }
  if (state.u64('cr4') & 0x20n) {
    const pdpte = state.pdpte(Number(address >> 30n));
    return pdpte & 1n ? wide(memory, state, address, Number(pdpte & ADDRESS), 2) : undefined;
  }
  return narrow(memory, state, Number(address));
}

/** Where in memory an entry of a table is; undefined: in no RAM. */
function placeOf(memory: EngineMemory, gpa: number): number | undefined {
  const frame = memory.frame(Math.floor(gpa / 4096));
  return frame & FrameKind.ram ? ((frame & -4096) >>> 0) + (gpa % 4096) : undefined;
}

/** Nine bits of an address, for a table of this level (1: of pages). */
function indexAt(level: number, lo: number, hi: number): number {
  const shift = 3 + level * 9;
  const bits = shift >= 32 ? hi >>> (shift - 32) : (lo >>> shift) | (shift > 23 ? hi << (32 - shift) : 0);
  return bits & 511;
}

/** Without BigInts but at its start: a profile walks for every sample. */
function wide(memory: EngineMemory, state: VcpuState, address: bigint, root: number, levels: number): TranslateResult | undefined {
  const nxe = (state.u64('efer') & 0x800n) !== 0n;
  const lo = Number(address & 0xffff_ffffn);
  const hi = Number(address >> 32n);
  let table = root;
  let writable = true;
  let user = true;
  let executable = true;
  for (let level = levels; level >= 1; level--) {
    const at = placeOf(memory, table + indexAt(level, lo, hi) * 8);
    if (at === undefined) return undefined;
    const entryLo = memory.view.getUint32(at, true);
    const entryHi = memory.view.getUint32(at + 4, true);
    if (!(entryLo & P)) return undefined;
    writable &&= (entryLo & 2) !== 0;
    user &&= (entryLo & 4) !== 0;
    if (nxe && entryHi & NX_HI) executable = false;
    const frames = (entryHi & ADDRESS_HI) * TWO_32;
    if (level === 1 || (level < 4 && entryLo & PS)) {
      const span = 2 ** (3 + level * 9) - 1;
      return { gpa: frames + (((entryLo & ~span) | (lo & span)) >>> 0), writable, user, executable };
    }
    table = frames + ((entryLo & -4096) >>> 0);
  }
  return undefined;
}

/** Where there is no RAM, ones are read, as the processor does. */
function narrowEntry(memory: EngineMemory, table: number, index: number): number {
  const at = placeOf(memory, table + index * 4);
  return at === undefined ? -1 : memory.view.getUint32(at, true);
}

function narrow(memory: EngineMemory, state: VcpuState, address: number): TranslateResult | undefined {
  const directory = narrowEntry(memory, Number(state.u64('cr3') & 0xffff_f000n), address >>> 22);
  if (!(directory & P)) return undefined;
  if (directory & PS && state.u64('cr4') & 0x10n) {
    const gpa = (directory >>> 22) * 0x40_0000 + ((directory >>> 13) & 0xff) * 0x1_0000_0000 + (address & 0x3f_ffff);
    return { gpa, writable: (directory & 2) !== 0, user: (directory & 4) !== 0, executable: true };
  }
  const entry = narrowEntry(memory, (directory & -4096) >>> 0, (address >>> 12) & 0x3ff);
  if (!(entry & P)) return undefined;
  return {
    gpa: ((entry & -4096) >>> 0) + (address & 4095),
    writable: (directory & entry & 2) !== 0,
    user: (directory & entry & 4) !== 0,
    executable: true,
  };
}
