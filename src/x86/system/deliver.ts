// One exception or interrupt through the IDT or IVT: what is common to all modes. A fault on the way is thrown as CpuFault with nothing changed.
import { type Cpu, Quick, type QuickResult } from '../cpu';
import { Vector } from '../fault';
import { Activity } from '../layout';
import { deliverLegacy } from './deliver-legacy';
import { deliverLong } from './deliver-long';
import { deliverReal } from './deliver-real';
import type { Delivery } from './delivery';
import { isLongMode, isReal } from './mode';

const DR6_B = 0xfn;
const DR7_GD = 1n << 13n;

/** The host's event: 'interrupt' and 'nmi' carry the vector; INT n is merely 'sensitive' (vector, 0xcd: its opcode); all else is an 'exception' (vector, error code). */
function announce(cpu: Cpu, d: Delivery): void {
  if (d.kind === 'interrupt' || d.kind === 'nmi') cpu.host.event(d.kind, d.vector, 0);
  else if (d.kind === 'int-n') cpu.host.event('sensitive', d.vector, 0xcd);
  else cpu.host.event('exception', d.vector, d.errorCode ?? 0);
}

/** State.rip is the return address: the faulting instruction's for faults, the next one's for traps and interrupts. */
export function deliver(cpu: Cpu, d: Delivery): void {
  const { state } = cpu;
  if (d.kind === 'nmi') state.setU32('nmiBlocked', 1);
  if (d.vector === Vector.PF && d.address !== undefined) state.setU64('cr2', d.address);
  // B3 to B0 are of the last debug exception only; the others stay until software clears them (SDM vol 3 ch. 19.2.3).
  if (d.vector === Vector.DB && d.dr6 !== undefined) state.setDr(6, (state.dr(6) & ~DR6_B) | d.dr6);
  announce(cpu, d);
  let quick: QuickResult = Quick.refused;
  if (isReal(state)) deliverReal(cpu, d);
  else if (!isLongMode(state)) deliverLegacy(cpu, d);
  else {
    quick = cpu.quick?.deliver(d) ?? Quick.refused;
    if (quick === Quick.refused) deliverLong(cpu, d);
  }
  if (d.vector === Vector.DB && d.kind === 'exception') {
    state.setDr(7, state.dr(7) & ~DR7_GD);
    // BTF is for one trap (SDM vol 3 ch. 19.4.3).
    state.setU64('debugCtl', 0n);
  }
  state.setU32('shadow', 0);
  state.setU32('activity', Activity.running);
  if (quick !== Quick.sameMode || d.vector === Vector.DB) cpu.modeChanged();
}
