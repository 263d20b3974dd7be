// VMASKMOVPS, VMASKMOVPD, VPMASKMOVD, VPMASKMOVQ (SDM vol 2): only lanes whose mask has its sign are read or written, and only those can fault.
// Alignment is not checked.
import { assert } from '../../base/assert';
import type { Cpu, Helper, HelperInsn } from '../cpu';
import { effectiveAddress } from '../general/effective-address';
import { type LaneBytes, laneSign, registerLane } from './register-lanes';

/** Addresses of the lanes that the mask chooses. */
function* chosen({ state }: Cpu, { address, vector }: HelperInsn, bytes: LaneBytes): Generator<{ lane: number; linear: bigint }> {
  assert(vector && address, 'a masked move is VEX-encoded and has a memory operand');
  for (let lane = 0; lane < vector.bytes / bytes; lane++) {
    if (!laneSign(registerLane(state, vector.vvvv, lane, bytes), bytes)) continue;
    const spec = { ...address, part: lane * bytes, bytes };
    yield { lane, linear: effectiveAddress(state, spec, state.u64('rip')) };
  }
}

const load =
  (bytes: LaneBytes): Helper =>
  (cpu, insn) => {
    const quads = [0n, 0n, 0n, 0n];
    for (const { lane, linear } of chosen(cpu, insn, bytes)) {
      const at = lane * bytes;
      quads[at >> 3]! |= cpu.memory.read(linear, bytes, 'unaligned') << BigInt((at & 7) * 8);
    }
    for (const [i, quad] of quads.entries()) cpu.state.setYmmQuad(insn.reg, i, quad);
  };
const store =
  (bytes: LaneBytes): Helper =>
  (cpu, insn) => {
    const places: { lane: number; linear: bigint }[] = [];
    for (const place of chosen(cpu, insn, bytes)) {
      cpu.memory.probeWrite(place.linear, bytes, 'unaligned');
      places.push(place);
    }
    for (const { lane, linear } of places) cpu.memory.write(linear, bytes, registerLane(cpu.state, insn.reg, lane, bytes), 'unaligned');
  };

export const MASKED_MOVE_HELPERS = {
  maskedLoad32: load(4),
  maskedLoad64: load(8),
  maskedStore32: store(4),
  maskedStore64: store(8),
} as const satisfies Record<string, Helper>;
