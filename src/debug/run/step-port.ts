// What stepping needs of the debugger: looking at a stopped vCPU, one instruction, and running to places unless something else stops first.
import type { WantedStop } from '../breakpoints/stop-points';
import type { InstructionDecoder } from '../disassembly/decoder';
import type { Stack } from '../frames/stack';
import type { VcpuStop } from '../frames/vcpu-stop';
import type { RunEnd } from './runner';

export interface VcpuView {
  readonly stop: VcpuStop;
  readonly stack: Stack;
}

/** 'arrived': at one of the places. Otherwise what stopped or ended the guest instead; a person is to see that. */
export type Travel = 'arrived' | RunEnd;

export interface StepPort {
  readonly decoder: InstructionDecoder;
  /** A step into also steps into an interrupt that comes in between. */
  readonly intoInterrupts: boolean;
  view(vcpu: number): Promise<VcpuView>;
  /** One instruction, or the delivery of an interrupt. */
  single(vcpu: number): Promise<RunEnd>;
  runTo(places: readonly WantedStop[]): Promise<Travel>;
}
