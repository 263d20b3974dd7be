// FXSAVE, FXRSTOR, LDMXCSR, STMXCSR (SDM vol 1 ch. 10.5.1, table 10-2; vol 2).
import type { Cpu, Helper, HelperInsn } from '../cpu';
import { faults } from '../fault';
import { fetchMxcsr, Image, loadX87, loadXmm, MXCSR_MASK, saveMxcsr, saveX87, saveXmm } from './legacy-image';
import { isCode64 } from './mode';

const FXSAVE_BYTES = 512;
const PAGE_OFFSET = 0xfffn;
const ALIGNMENT = 15n;

function imageOf({ memory, state }: Cpu, insn: HelperInsn): Image {
  if (insn.linear & ALIGNMENT) throw faults.gp(0);
  return new Image(memory, insn.linear, insn.operandSize === 8, isCode64(state) ? 16 : 8, FXSAVE_BYTES);
}

export const fxsave: Helper = (cpu, insn) => {
  const image = imageOf(cpu, insn);
  cpu.memory.probeWrite(image.at, FXSAVE_BYTES, 'current');
  saveX87(cpu.state, image);
  saveMxcsr(cpu.state, image);
  saveXmm(cpu.state, image);
};

export const fxrstor: Helper = (cpu, insn) => {
  const image = imageOf(cpu, insn);
  const loads = [loadX87(cpu.state, image), loadXmm(cpu.state, image)];
  // Also the end of the image, which holds nothing, is accessed.
  const lastPage = (image.at + BigInt(FXSAVE_BYTES - 1)) & ~PAGE_OFFSET;
  if (lastPage > image.at) cpu.memory.read(lastPage, 1, 'current');
  const mxcsr = fetchMxcsr(image);
  if (mxcsr & ~MXCSR_MASK) throw faults.gp(0);
  for (const load of loads) load();
  cpu.state.setU32('mxcsr', mxcsr);
};

export const ldmxcsr: Helper = (cpu, insn) => {
  const value = Number(cpu.memory.read(insn.linear, 4, 'current'));
  if (value & ~MXCSR_MASK) throw faults.gp(0);
  cpu.state.setU32('mxcsr', value);
};
export const stmxcsr: Helper = (cpu, insn) => cpu.memory.write(insn.linear, 4, BigInt(cpu.state.u32('mxcsr')), 'current');
