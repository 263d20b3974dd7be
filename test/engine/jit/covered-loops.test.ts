// A loop of one block that a region has is a region's root as soon as any other, where it is interpreted all the same: it is come to from code for which the region had no room.
import assert from 'node:assert/strict';
import { BareMachine } from '../bare-machine';

const CODE = 0x10000;
const ELSEWHERE = 0x11000;
const WORK = 30;
const SAMPLE_NS = 16_384;
/** Until it is found where every sample counts, and half of what a covered block takes. */
const ENOUGH = 60;

const u32 = (value: number): string => Buffer.from(Uint32Array.of(value).buffer).toString('hex');
/** 1: jmp 2f; 2: inc rax (30 times); mov ecx,2; 3: dec ecx; jnz 3b; dec ebx; jnz 1b; hlt. Trips end before the long block: samples are of the first. */
const BODY = `eb00 ${'48ffc0'.repeat(WORK)} b9${u32(2)}`;
const BODY_BYTES = 2 + WORK * 3 + 5;
const LOOP = BigInt(CODE + BODY_BYTES);
const PROGRAM = `${BODY} ffc9 75fc ffcb 0f85${u32(-(BODY_BYTES + 4 + 2 + 6) >>> 0)} f4`;

describe('a loop of one block inside a region', function () {
  this.timeout(120_000);

  it('becomes a root after as few samples as what no region has', () => {
    const machine = new BareMachine({ tier: 'auto' });
    const state = machine.longMode();
    const roots = (): readonly bigint[] => machine.engine.liveRegions().map(({ linear }) => linear);
    machine.write(CODE, PROGRAM);
    machine.write(ELSEWHERE, `b9${u32(1_000_000)} e9${u32((Number(LOOP) - ELSEWHERE - 10) >>> 0)}`);
    state.setGpr(3, 0x7fff_ffffn);
    state.setU64('rip', BigInt(CODE));
    machine.run(4_000_000);
    assert.deepEqual(roots(), [BigInt(CODE)]);
    state.setU64('rip', BigInt(ELSEWHERE));
    machine.run(ENOUGH * SAMPLE_NS);
    assert.deepEqual(roots(), [BigInt(CODE), LOOP]);
  });
});
