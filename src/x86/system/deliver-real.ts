// Real-address mode: the interrupt vector table of far pointers at IDTR (SDM vol 3 ch. 22.1.4). No error codes, 16-bit frame.
import type { Cpu } from '../cpu';
import { faults } from '../fault';
import { Gpr, Seg } from '../layout';
import { Rflags } from './bits';
import { type Delivery, gateError } from './delivery';
import { loadRealSegment } from './segments';
import { StackFrame, withStackPointer } from './stack-frame';

export function deliverReal(cpu: Cpu, d: Delivery): void {
  const { state } = cpu;
  if (d.vector * 4 + 3 > state.u32('idtrLimit')) throw faults.gp(gateError(d));
  const pointer = cpu.memory.read(state.u64('idtrBase') + BigInt(d.vector * 4), 4, 'system');
  const rsp = state.gpr(Gpr.rsp);
  const rflags = state.u64('rflags');
  const frame = StackFrame.current(cpu, rsp);
  frame
    .push(2, rflags)
    .push(2, BigInt(state.segment(Seg.cs).selector))
    .push(2, state.u64('rip'));
  frame.probe();
  frame.write();
  state.setGpr(Gpr.rsp, withStackPointer(rsp, frame.pointer, frame.width));
  state.setU64('rflags', rflags & ~(Rflags.IF | Rflags.TF | Rflags.AC | Rflags.RF));
  loadRealSegment(cpu, Seg.cs, Number(pointer >> 16n));
  state.setU64('rip', pointer & 0xffffn);
}
