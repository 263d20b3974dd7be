// IA-32e mode: 64-bit gates, RSPn and IST stacks, a frame of quadwords that always holds SS:RSP (SDM vol 3 ch. 7.14).
import type { Cpu } from '../cpu';
import { faults } from '../fault';
import { Gpr, Seg } from '../layout';
import { Rflags } from './bits';
import { type Delivery, extOf, pushedFlags } from './delivery';
import { cacheOf, markAccessed, unusable } from './descriptors';
import { isInterruptGate, readGate, readHandlerSegment } from './gate';
import { isCanonical } from './mode';
import { StackFrame } from './stack-frame';
import { innerStack64 } from './tss';

export function deliverLong(cpu: Cpu, d: Delivery): void {
  const { state } = cpu;
  const ext = extOf(d);
  const gate = readGate(cpu, d);
  const { descriptor, cpl } = readHandlerSegment(cpu, d, gate);
  const inner = cpl < state.u32('cpl');
  const rsp = state.gpr(Gpr.rsp);
  const top = inner || gate.ist !== 0 ? innerStack64(cpu, cpl, gate.ist, ext) : rsp;
  const oldSs = state.segment(Seg.ss);
  const ss = inner ? unusable(cpl, cpl) : oldSs;
  const privilege = inner ? 'system' : 'current';
  const frame = new StackFrame(cpu, { ss, pointer: top & ~0xfn, width: 8, privilege, errorCode: ext });
  const rflags = state.u64('rflags');
  frame
    .push(8, BigInt(oldSs.selector))
    .push(8, rsp)
    .push(8, pushedFlags(rflags, d))
    .push(8, BigInt(state.segment(Seg.cs).selector))
    .push(8, state.u64('rip'));
  if (d.errorCode !== undefined) frame.push(8, BigInt(d.errorCode));
  if (!isCanonical(gate.offset, state)) throw faults.gp(ext);
  frame.probe();
  markAccessed(cpu, descriptor);
  frame.write();
  const cleared = Rflags.TF | Rflags.NT | Rflags.RF | Rflags.VM | (isInterruptGate(gate) ? Rflags.IF : 0n);
  state.setU64('rflags', rflags & ~cleared);
  state.setSegment(Seg.ss, ss);
  state.setGpr(Gpr.rsp, frame.pointer);
  state.setSegment(Seg.cs, cacheOf(descriptor, (gate.selector & 0xfffc) | cpl));
  state.setU32('cpl', cpl);
  state.setU64('rip', gate.offset);
}
