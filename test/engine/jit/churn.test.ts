// Code that changes for ever: regions are made again and again, and what they leave behind does not grow (a short form of ten minutes of it).
import assert from 'node:assert/strict';
import { BareMachine } from '../bare-machine';

const CODE = 0x10000;
const ROUNDS = 400;

describe('self-modifying code under the region compiler', function () {
  this.timeout(300_000);

  it('is compiled each time, and the regions and the memory that are kept stay bounded', () => {
    const machine = new BareMachine({ tier: 'jit' });
    const state = machine.longMode();
    // 1: mov [0x11001],esi; call 0x11000; dec esi; jnz 1b; hlt. 0x11000: mov eax,imm32; mov ecx,50; 2: add ebx,eax; dec ecx; jnz 2b; ret
    machine.write(CODE, '89342501100100 e8f40f0000 ffce 75f0 f4');
    machine.write(0x11000, 'b800000000 b932000000 01c3 ffc9 75fa c3');
    state.setGpr(4, 0x80000n);
    const residentMib: number[] = [];
    const live: number[] = [];
    let made = 0;
    for (let part = 0; part < 4; part++) {
      state.setGpr(3, 0n);
      state.setGpr(6, BigInt(ROUNDS));
      state.setU64('rip', BigInt(CODE));
      state.setU32('activity', 0);
      assert.equal(machine.run(10_000_000).kind, 'halted');
      assert.equal(state.gpr(3), BigInt(50 * ((ROUNDS * (ROUNDS + 1)) / 2)));
      const { regionsCompiled, regionsLive } = machine.engine.statistics();
      assert.ok(regionsCompiled - made >= ROUNDS, `${regionsCompiled - made} regions for ${ROUNDS} changes`);
      made = regionsCompiled;
      live.push(regionsLive);
      residentMib.push(process.memoryUsage().rss / 2 ** 20);
    }
    assert.ok(
      live.every((count) => count <= 16),
      `live regions: ${live}`,
    );
    // Of the last two parts, 800 modules: the collector may be late, but not by all of them.
    assert.ok(residentMib[3]! - residentMib[1]! < 100, `resident MiB after each part: ${residentMib.map(Math.round)}`);
  });
});
