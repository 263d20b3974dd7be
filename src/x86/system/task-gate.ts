// How a task switch is asked for: a TSS or task gate named by JMP or CALL, the back link of IRET with NT, a task gate in the IDT (SDM vol 3 ch. 8.2.5, 8.3;
// vol 2 "JMP", "CALL", "IRET", "INT n").
import type { Cpu } from '../cpu';
import { CpuFault, faults } from '../fault';
import { Gpr, Seg } from '../layout';
import { dplOf, SystemType } from './bits';
import { type Delivery, extOf, pushedFlags } from './delivery';
import { type Descriptor, type Gate, isPresent, isSystem, readDescriptor, rplOf, selectorError, typeOf } from './descriptors';
import { isLongMode } from './mode';
import { StackFrame, withStackPointer } from './stack-frame';
import { taskBytes } from './task-state';
import { switchTask, TaskCause } from './task-switch';

const AVAILABLE: readonly number[] = [SystemType.tss16Available, SystemType.tss32Available];
const BUSY: readonly number[] = [SystemType.tss16Busy, SystemType.tss32Busy];

/** A TSS of one of these types in the GDT; `bad` is the exception where it is none. */
function readTss(cpu: Cpu, selector: number, types: readonly number[], bad: (code: number) => CpuFault, ext = 0): Descriptor {
  const code = selectorError(selector, ext);
  if (selector & 4) throw bad(code);
  const descriptor = readDescriptor(cpu, selector, bad, ext);
  if (!isSystem(descriptor) || !types.includes(typeOf(descriptor))) throw bad(code);
  if (!isPresent(descriptor)) throw faults.np(code);
  return descriptor;
}

/** JMP or CALL to a system descriptor: true if it was a task switch, which is done. */
export function transferTask(cpu: Cpu, system: Descriptor, cause: typeof TaskCause.jmp | typeof TaskCause.call): boolean {
  const { state } = cpu;
  const type = typeOf(system);
  const isGate = type === SystemType.taskGate;
  if (isLongMode(state) || !(isGate || AVAILABLE.includes(type))) return false;
  const code = selectorError(system.selector);
  if (dplOf(system.access) < Math.max(state.u32('cpl'), rplOf(system.selector))) throw faults.gp(code);
  if (isGate && !isPresent(system)) throw faults.np(code);
  const selector = isGate ? Number((system.raw >> 16n) & 0xffffn) : system.selector;
  switchTask(cpu, readTss(cpu, selector, AVAILABLE, faults.gp), cause, state.u64('rflags'));
  return true;
}

/** IRET with NT: back to the task that the back link names. */
export function returnTask(cpu: Cpu): void {
  const { state } = cpu;
  const link = Number(cpu.memory.read(state.segment(Seg.tr).base, 2, 'system'));
  switchTask(cpu, readTss(cpu, link, BUSY, faults.ts), TaskCause.iret, state.u64('rflags'));
}

/** An interrupt or exception through a task gate of the IDT. Its error code goes onto the new task's stack. */
export function deliverTask(cpu: Cpu, d: Delivery, gate: Gate): void {
  const { state } = cpu;
  const ext = extOf(d);
  const tss = readTss(cpu, gate.selector, AVAILABLE, faults.gp, ext);
  switchTask(cpu, tss, TaskCause.gate, pushedFlags(state.u64('rflags'), d), ext);
  if (d.errorCode === undefined) return;
  try {
    const rsp = state.gpr(Gpr.rsp);
    const frame = StackFrame.current(cpu, rsp, ext).push(taskBytes(typeOf(tss)), BigInt(d.errorCode));
    frame.probe();
    frame.write();
    state.setGpr(Gpr.rsp, withStackPointer(rsp, frame.pointer, frame.width));
  } catch (fault) {
    if (fault instanceof CpuFault) fault.inNewTask = true;
    throw fault;
  }
}
