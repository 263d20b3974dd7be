// Self-modifying code and code that others write: decoded blocks die with what they were decoded from.
import assert from 'node:assert/strict';
import type { Tier } from '../../src/engine/cpu-engine';
import { BareMachine } from './bare-machine';

function machineWith(code: string, tier: Tier = 'interpreter'): BareMachine {
  const machine = new BareMachine({ tier });
  const state = machine.longMode();
  machine.write(0x10000, code);
  state.setU64('rip', 0x10000n);
  return machine;
}

describe('engine: code that changes', () => {
  it('a store into the next instruction takes effect at once', () => {
    // mov byte [0x10010],0x77 ; … ; at 0x1000f: mov al,0x11 ; hlt
    const machine = machineWith('c60425 10000100 77 90 90 90 90 90 90 90 b011 f4');
    assert.equal(machine.run(100).kind, 'halted');
    assert.equal(machine.state.gpr(0) & 0xffn, 0x77n);
  });

  it('a loop that writes its own immediate runs each value', () => {
    // xor ecx,ecx; 1: mov [0x10010],ecx (4 bytes of the immediate); jmp +0; 0x1000f: mov eax,imm32; add ebx,eax; inc ecx; cmp ecx,100; jne 1b; hlt
    const machine = machineWith('31c9 890c2510000100 eb04 90909090 b800000000 01c3 ffc1 83f964 75e5 f4');
    assert.equal(machine.run(100_000).kind, 'halted');
    assert.equal(machine.state.gpr(3), 4950n);
  });

  it('a string store that runs into code of the page it began in', () => {
    // call 0x11040; mov edi,0x11000; mov ecx,0x42; mov al,0xb0; rep stosb; call 0x11040; hlt; at 0x11040: mov al,0x11; ret
    const machine = machineWith('e83b100000 bf00100100 b942000000 b0b0 f3aa e828100000 f4');
    machine.write(0x11040, 'b011 c3');
    machine.state.setGpr(4, 0x80000n);
    assert.equal(machine.run(1000).kind, 'halted');
    assert.equal(machine.state.gpr(0) & 0xffn, 0xb0n);
  });

  it('data beside code in one page does not disturb it', () => {
    // 1: inc dword [0x10800]; dec ecx; jnz 1b; hlt
    const machine = machineWith('ff042500080100 ffc9 75f5 f4');
    machine.state.setGpr(1, 1000n);
    assert.equal(machine.run(100_000).kind, 'halted');
    assert.equal(machine.read(0x10800, 4)[1], 3);
    assert.ok(machine.engine.statistics().codeInvalidations < 3);
  });

  it('a write through the memory door invalidates', () => {
    const machine = machineWith('b011 f4');
    machine.run(100);
    machine.write(0x10001, '22');
    machine.state.setU64('rip', 0x10000n);
    machine.state.setU32('activity', 0);
    machine.run(100);
    assert.equal(machine.state.gpr(0), 0x22n);
  });

  it('a store through another linear address of the same frame invalidates', () => {
    const machine = machineWith('b011 c3');
    const { memory } = machine.engine;
    // 0x40000000 → 0x10000 by a second PDPT entry: PD at 0x8000, PT at 0x9000
    const put = (at: number, value: bigint): boolean => memory.write(at, new Uint8Array(new BigUint64Array([value]).buffer));
    put(0x2008, 0x8007n);
    put(0x8000, 0x9007n);
    put(0x9000, 0x10007n);
    // at 0x12000: call 0x10000; mov byte [0x40000001],0x33; call 0x10000; hlt
    machine.write(0x12000, 'e8fbdfffff c6042501000040 33 e8eedfffff f4');
    machine.state.setGpr(4, 0x80000n);
    machine.state.setU64('rip', 0x12000n);
    assert.equal(machine.run(100).kind, 'halted');
    assert.equal(machine.state.gpr(0) & 0xffn, 0x33n);
  });

  for (const tier of ['interpreter', 'jit'] as const)
    it(`branches to an instruction over two pages whose second one was written go on where they are (${tier})`, () => {
      const machine = machineWith('', tier);
      const { engine, state } = machine;
      // 0x10ff0: inc ebx; dec ecx; jz to hlt; jmp 0x10ffd; 0x10ffb: hlt; 0x10ffd: mov eax,imm32; jmp 0x10ff0
      machine.write(0x10ff0, 'ffc3 ffc9 7405 eb05 909090 f4 90 b844332211 ebec');
      const loop = (turns: bigint): string => {
        state.setU64('rip', 0x10ff0n);
        state.setU32('activity', 0);
        state.setGpr(1, turns);
        return engine.runThrough(0, 1_000_000, 1_000_000, 20).kind;
      };
      assert.equal(loop(10n), 'halted');
      assert.equal(state.gpr(0), 0x1122_3344n);
      machine.write(0x11000, '55');
      assert.equal(loop(1000n), 'halted', 'TypeScript is not called in each turn');
      assert.equal(state.gpr(0), 0x1155_3344n);
      assert.equal(state.gpr(3), 1010n);
    });

  it('an instruction over two pages follows a remapped second page', () => {
    const machine = machineWith('90');
    const { memory } = machine.engine;
    const put = (at: number, value: bigint): boolean => memory.write(at, new Uint8Array(new BigUint64Array([value]).buffer));
    put(0x2008, 0x8007n);
    put(0x8000, 0x9007n);
    put(0x9000, 0x20007n);
    put(0x9008, 0x21007n);
    machine.write(0x20ffe, 'b811');
    machine.write(0x21000, '000000 f4');
    machine.write(0x22000, '220000 f4');
    const go = (): bigint => {
      machine.state.setU64('rip', 0x40000ffen);
      machine.state.setU32('activity', 0);
      assert.equal(machine.run(10).kind, 'halted');
      return machine.state.gpr(0);
    };
    assert.equal(go(), 0x11n);
    put(0x9008, 0x22007n);
    machine.engine.flushTlb(0);
    assert.equal(go(), 0x2211n);
  });

  for (const tier of ['interpreter', 'auto', 'jit'] as const) {
    it(`an immediate in another page is written again and again (${tier})`, () => {
      // 1: mov [0x11001],ecx; call 0x11000; add rbx,rax; inc ecx; cmp ecx,TIMES; jne 1b; hlt; at 0x11000: mov eax,imm32; ret
      const machine = machineWith(`890c2501100100 e8f40f0000 4801c3 ffc1 81f9 ${tier === 'jit' ? '2c010000' : '60ea0000'} 75e7 f4`, tier);
      machine.write(0x11000, 'b800000000 c3');
      machine.state.setGpr(4, 0x80000n);
      assert.equal(machine.run(10_000_000).kind, 'halted');
      const times = machine.state.gpr(1);
      assert.equal(machine.state.gpr(3), (times * (times - 1n)) / 2n);
      if (tier === 'interpreter') assert.ok(machine.engine.statistics().blocksDecoded < 30);
    });

    it(`what is an immediate for one block is code for another (${tier})`, () => {
      // 1: mov edx,ecx; shl edx,8; or edx,0xc39000b0; mov [0x11001],edx; call 0x11000; add rbx,rax; xor eax,eax; call 0x11001; add rbx,rax; inc ecx; cmp ecx,200; jne 1b; hlt
      // at 0x11000: mov eax,imm32 (inside: mov al,cl; nop; ret); ret
      const machine = machineWith(
        '89ca c1e208 81cab00090c3 89142501100100 e8e90f0000 4801c3 31c0 e8e00f0000 4801c3 ffc1 81f9c8000000 75d2 f4',
        tier,
      );
      machine.write(0x11000, 'b800000000 c3');
      machine.state.setGpr(4, 0x80000n);
      assert.equal(machine.run(1_000_000).kind, 'halted');
      let sum = 0n;
      for (let i = 0n; i < 200n; i++) sum += (0xc39000b0n | (i << 8n)) + i;
      assert.equal(machine.state.gpr(3), sum);
    });
  }
});
