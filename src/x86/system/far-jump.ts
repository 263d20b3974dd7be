// JMP far: direct, through memory, through a call gate (SDM vol 2 "JMP", far jumps).
import type { Cpu, Helper, HelperInsn } from '../cpu';
import { faults } from '../fault';
import { dplOf } from './bits';
import { checkDirect, checkOffset, checkRealOffset, enterCode, enterReal, readCallGate, readFarTarget } from './code-target';
import { isCode, isConforming, selectorError } from './descriptors';
import { isProtected, isVirtual8086 } from './mode';
import { operandAddress } from './operands';
import { transferTask } from './task-gate';
import { TaskCause } from './task-switch';

export interface FarPointer {
  selector: number;
  offset: bigint;
}

export const immediatePointer = (insn: HelperInsn): FarPointer => ({
  selector: insn.imm2 & 0xffff,
  offset: BigInt.asUintN(insn.operandSize * 8, insn.imm),
});

/** m16:16, m16:32 or m16:64 by operand size. */
export function memoryPointer(cpu: Cpu, insn: HelperInsn): FarPointer {
  const size = insn.operandSize === 1 ? 2 : insn.operandSize;
  const linear = operandAddress(cpu, insn, size + 2, false);
  const offset = cpu.memory.read(linear, size, 'current');
  const selector = Number(cpu.memory.read(linear + BigInt(size), 2, 'current'));
  return { selector, offset };
}

function jump(cpu: Cpu, { selector, offset }: FarPointer): void {
  const { state } = cpu;
  if (!isProtected(state)) {
    const vm86 = isVirtual8086(state);
    checkRealOffset(cpu, offset, vm86);
    enterReal(cpu, selector, offset, vm86);
  } else {
    const target = readFarTarget(cpu, selector);
    const cpl = state.u32('cpl');
    if (isCode(target)) {
      checkDirect(cpu, target, offset);
      enterCode(cpu, target, cpl, offset);
    } else if (!transferTask(cpu, target, TaskCause.jmp)) {
      const { gate, descriptor } = readCallGate(cpu, target);
      if (!isConforming(descriptor) && dplOf(descriptor.access) !== cpl) throw faults.gp(selectorError(gate.selector));
      checkOffset(cpu, descriptor, gate.offset);
      enterCode(cpu, descriptor, cpl, gate.offset);
    }
  }
  cpu.modeChanged();
}

export const jmpFarDirect: Helper = (cpu, insn) => jump(cpu, immediatePointer(insn));
export const jmpFarIndirect: Helper = (cpu, insn) => jump(cpu, memoryPointer(cpu, insn));
