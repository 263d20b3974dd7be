// VGATHER and VPGATHER (SDM vol 2): lanes in order, each with its mask cleared when it is done, so that a fault leaves what can be resumed.
// Alignment is not checked.
import { assert } from '../../base/assert';
import type { Helper } from '../cpu';
import { effectiveAddress } from '../general/effective-address';
import { type LaneBytes, laneSign, registerLane, setRegisterLane } from './register-lanes';

const gather =
  (indexBytes: LaneBytes, bytes: LaneBytes): Helper =>
  ({ state, memory }, { reg, address, vector }) => {
    assert(vector && address, 'a gather is VEX-encoded and has a memory operand');
    const { vvvv } = vector;
    const { index } = address;
    const lanes = vector.bytes / Math.max(indexBytes, bytes);
    for (let lane = 0; lane < lanes; lane++) {
      if (laneSign(registerLane(state, vvvv, lane, bytes), bytes)) {
        const offset = BigInt.asIntN(indexBytes * 8, registerLane(state, index, lane, indexBytes)) << BigInt(address.scale);
        const spec = { ...address, index: -1, displacement: address.displacement + offset, bytes };
        const linear = effectiveAddress(state, spec, 0n);
        setRegisterLane(state, reg, lane, bytes, memory.read(linear, bytes, 'unaligned'));
      }
      setRegisterLane(state, vvvv, lane, bytes, 0n);
    }
    const used = lanes * bytes;
    if (used < 8) setRegisterLane(state, reg, 1, 4, 0n);
    for (let quad = 0; quad < 4; quad++) {
      state.setYmmQuad(vvvv, quad, 0n);
      if (quad * 8 >= used) state.setYmmQuad(reg, quad, 0n);
    }
  };

/** By the size of an index and of a lane: double- or quadword. */
export const GATHER_HELPERS = {
  gatherDD: gather(4, 4),
  gatherDQ: gather(4, 8),
  gatherQD: gather(8, 4),
  gatherQQ: gather(8, 8),
} as const satisfies Record<string, Helper>;
