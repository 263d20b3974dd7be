// The debugger's page walk: what the CPU would translate now, without filling a TLB or setting a bit (SDM vol 3 ch. 5).
import { FrameKind, ModeBit } from '../x86/layout';
import type { VcpuState } from '../x86/vcpu-state';
import type { TranslateResult } from './cpu-engine';
import type { EngineMemory } from './vm-memory';

const P = 1;
const PS = 0x80;
const ADDRESS = 0x000f_ffff_ffff_f000n;
const NX = 1n << 63n;

export function peekTranslate(memory: EngineMemory, state: VcpuState, linear: bigint): TranslateResult | undefined {
  const mode = state.u32('mode');
  const address = mode & ModeBit.longMode ? BigInt.asUintN(64, linear) : BigInt.asUintN(32, linear);
  if (!(mode & ModeBit.paging)) return { gpa: Number(BigInt.asUintN(32, address)), writable: true, user: true, executable: true };
  if (mode & ModeBit.longMode) {
    const levels = state.u64('cr4') & 0x1000n ? 5 : 4;
    if (BigInt.asIntN(levels * 9 + 12, address) !== BigInt.asIntN(64, address)) return undefined;
    return wide(memory, state, address, state.u64('cr3') & ADDRESS, levels);
  }
  if (state.u64('cr4') & 0x20n) {
    const pdpte = state.pdpte(Number(address >> 30n));
    return pdpte & 1n ? wide(memory, state, address, pdpte & ADDRESS, 2) : undefined;
  }
  return narrow(memory, state, Number(address));
}

function read(memory: EngineMemory, table: number, index: number, size: 4 | 8): bigint | undefined {
  const gpa = table + index * size;
  const frame = memory.frame(Math.floor(gpa / 4096));
  if (!(frame & FrameKind.ram)) return undefined;
  const at = ((frame & -4096) >>> 0) + (gpa % 4096);
  return size === 8 ? memory.view.getBigUint64(at, true) : BigInt(memory.view.getUint32(at, true));
}

function wide(memory: EngineMemory, state: VcpuState, address: bigint, root: bigint, levels: number): TranslateResult | undefined {
  const nxe = (state.u64('efer') & 0x800n) !== 0n;
  let table = root;
  let writable = true;
  let user = true;
  let executable = true;
  for (let level = levels; level >= 1; level--) {
    const shift = 12 + (level - 1) * 9;
    const entry = read(memory, Number(table), Number((address >> BigInt(shift)) & 511n), 8);
    if (entry === undefined || !(entry & 1n)) return undefined;
    writable &&= (entry & 2n) !== 0n;
    user &&= (entry & 4n) !== 0n;
    if (nxe && entry & NX) executable = false;
    if (level === 1 || (level < 4 && entry & BigInt(PS))) {
      const span = (1n << BigInt(shift)) - 1n;
      return { gpa: Number((entry & ADDRESS & ~span) | (address & span)), writable, user, executable };
    }
    table = entry & ADDRESS;
  }
  return undefined;
}

function narrow(memory: EngineMemory, state: VcpuState, address: number): TranslateResult | undefined {
  const pde = read(memory, Number(state.u64('cr3') & 0xffff_f000n), address >>> 22, 4);
  if (pde === undefined || !(Number(pde) & P)) return undefined;
  const directory = Number(pde);
  if (directory & PS && state.u64('cr4') & 0x10n) {
    const gpa = (directory >>> 22) * 0x40_0000 + ((directory >>> 13) & 0xff) * 0x1_0000_0000 + (address & 0x3f_ffff);
    return { gpa, writable: (directory & 2) !== 0, user: (directory & 4) !== 0, executable: true };
  }
  const pte = read(memory, (directory & -4096) >>> 0, (address >>> 12) & 0x3ff, 4);
  if (pte === undefined || !(Number(pte) & P)) return undefined;
  const entry = Number(pte);
  return {
    gpa: ((entry & -4096) >>> 0) + (address & 4095),
    writable: (directory & entry & 2) !== 0,
    user: (directory & entry & 4) !== 0,
    executable: true,
  };
}
