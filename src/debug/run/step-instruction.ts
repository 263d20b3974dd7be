// One instruction forward on the same stack: an interrupt that comes in between is run through, a call or REP can be run over.
import type { Program } from '../../machine/control/types';
import { bitnessOf, type DecodedInstruction, MAX_INSTRUCTION_LENGTH } from '../disassembly/decoder';
import type { VcpuStop } from '../frames/vcpu-stop';
import { interruptedPlace } from './interrupt-frame';
import type { StepPort, Travel } from './step-port';

/** A handler that returns elsewhere, or an instruction that faults each time. */
const MAX_RETRIES = 64;

export function registerIs(name: string, value: bigint): Program {
  return [
    { op: 'register', name },
    { op: 'const', value: BigInt.asUintN(64, value) },
    { op: 'binary', operator: 'eq' },
  ];
}

export async function instructionAt(port: StepPort, stop: VcpuStop, address = stop.pc): Promise<DecodedInstruction | undefined> {
  const bytes = await stop.guestMemory.read(address, MAX_INSTRUCTION_LENGTH);
  return port.decoder.decode(bytes, address, bitnessOf(stop.file.mode), 1)[0];
}

/** 'arrived': the instruction is done, or an interrupt was stepped into, which `interrupted` tells. */
export async function stepInstruction(port: StepPort, vcpu: number, over: boolean, interrupted?: () => void): Promise<Travel> {
  const { stop: before } = await port.view(vcpu);
  const instruction = await instructionAt(port, before);
  const next = before.pc + BigInt(instruction?.bytes.length ?? 0);
  const runOver = (rsp: bigint): Promise<Travel> =>
    port.runTo([{ where: { kind: 'linear', address: next }, vcpu, condition: registerIs('rsp', rsp) }]);
  const leaves = instruction?.flow === 'call' || instruction?.flow === 'call-indirect' || instruction?.flow === 'system';
  if (over && leaves) return runOver(before.value('rsp'));
  for (let i = 0; i < MAX_RETRIES; i++) {
    const end = await port.single(vcpu);
    if (end.kind !== 'stopped' || end.stop.reason.kind !== 'step') return end;
    const { stop: after } = await port.view(vcpu);
    const entered = end.stop.reason.diverted && instruction?.flow !== 'system';
    if (!entered) {
      // A REP string instruction is interruptible after each iteration.
      const unfinished = after.pc === before.pc && instruction?.flow === 'next' && instruction.valid;
      return unfinished ? runOver(before.value('rsp')) : 'arrived';
    }
    if (port.intoInterrupts && !over) {
      interrupted?.();
      return 'arrived';
    }
    const place = await interruptedPlace(after, before.value('rsp'));
    if (!place) return 'arrived';
    const back = { where: { kind: 'linear', address: place.rip } as const, vcpu, condition: registerIs('rsp', place.rsp) };
    const travel = await port.runTo([back]);
    if (travel !== 'arrived' || place.rip !== before.pc) return travel;
    // Delivered instead of the instruction: it is still to be done.
  }
  return 'arrived';
}
