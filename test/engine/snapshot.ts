// Everything that a guest can know of a bare machine, as text: for comparing two ways to the same place.
import { createHash } from 'node:crypto';
import type { BareMachine } from './bare-machine';

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 16);

export function snapshot(machine: BareMachine, vcpu = 0): Record<string, string> {
  const { engine } = machine;
  const saved = engine.saveVcpu(vcpu) as { state: Uint8Array; tlb: readonly number[]; fetch: readonly number[] };
  const state = engine.state(vcpu);
  const registers = Array.from({ length: 16 }, (_, i) => state.gpr(i).toString(16)).join(' ');
  return {
    registers,
    rip: state.u64('rip').toString(16),
    rflags: state.u64('rflags').toString(16),
    retired: String(engine.retired(vcpu)),
    extraNs: String(state.u64('extraNs')),
    state: hash(saved.state),
    tlb: hash(new Uint8Array(Int32Array.from(saved.tlb).buffer)),
    fetch: saved.fetch.join(),
    memory: hash(engine.memory.read(0, engine.memory.ramSize)!),
  };
}
