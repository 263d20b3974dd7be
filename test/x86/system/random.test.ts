// RDRAND and RDSEED (SDM vol 2): numbers follow from the machine's seed and the vCPU; CF says that there is one, the other flags are cleared.
import assert from 'node:assert/strict';
import { randomStart } from '../../../src/x86/system/random';
import { BareMachine } from '../../engine/bare-machine';

const CODE = 0x1_0000;
const RDRAND_RAX = '480fc7f0';
const RDSEED_RCX = '480fc7f9';
const RDRAND_EDX = '0fc7f2';
const RDRAND_BX = '660fc7f3';

function numbers(seed: number, vcpu = 0): bigint[] {
  const machine = new BareMachine();
  const state = machine.longMode();
  state.setU64('random', randomStart(seed, vcpu));
  machine.write(CODE, `${RDRAND_RAX}${RDSEED_RCX}${RDRAND_EDX}${RDRAND_BX}f4`);
  state.setU64('rip', BigInt(CODE));
  for (const register of [2, 3]) state.setGpr(register, ~0n);
  state.setU64('rflags', 0x8d6n);
  machine.run(10);
  assert.equal(state.u64('rflags') & 0x8d5n, 1n);
  return [0, 1, 2, 3].map((register) => state.gpr(register));
}

describe('RDRAND and RDSEED', () => {
  it('the same seed gives the same numbers, another seed or vCPU others', () => {
    const first = numbers(7);
    assert.deepEqual(numbers(7), first);
    for (const other of [numbers(8), numbers(7, 1)]) assert.notDeepEqual(other, first);
    assert.equal(new Set(first).size, 4);
  });
  it('32 bits clear the upper half, 16 bits leave the rest', () => {
    const [, , edx, bx] = numbers(7) as [bigint, bigint, bigint, bigint];
    assert.equal(edx >> 32n, 0n);
    assert.equal(bx >> 16n, 0xffff_ffff_ffffn);
  });
});
