// The debugger's watchpoints: exact, behind the instruction, at any size and number, by linear and physical address, and invisible to the guest.
import assert from 'node:assert/strict';
import type { Watchpoint } from '../../src/engine/cpu-engine';
import { BareMachine } from './bare-machine';
import { loadMixedProgram } from './mixed-program';
import { snapshot } from './snapshot';

const COUNTER = 0x34000;
const watch = (address: number, length: number, how: Partial<Watchpoint> = {}): Watchpoint => ({
  id: 1,
  space: 'linear',
  address: BigInt(address),
  length,
  reads: false,
  writes: true,
  ...how,
});
const mixed = (): BareMachine => {
  const machine = new BareMachine();
  loadMixedProgram(machine);
  return machine;
};
const dword = (bytes: Uint8Array | undefined): number => new DataView(bytes!.buffer, bytes!.byteOffset).getUint32(0, true);

describe('engine: watchpoints', () => {
  for (const space of ['linear', 'physical'] as const) {
    it(`leaves behind the instruction that writes, with the value before (${space})`, () => {
      const machine = mixed();
      machine.engine.setWatchpoints([watch(COUNTER, 4, { space })]);
      let hits = 0;
      for (;;) {
        const result = machine.run(100_000);
        if (result.kind === 'halted') break;
        assert.equal(result.kind, 'left');
        const [hit, ...more] = machine.engine.takeWatchHits();
        assert.deepEqual(more, []);
        assert.deepEqual([hit?.id, hit?.vcpu, hit?.write, hit?.rip], [1, 0, true, 0x1101dn]);
        assert.equal(machine.state.u64('rip'), 0x11024n);
        assert.equal(dword(hit?.before[0]?.bytes), hits++);
        assert.equal(dword(machine.engine.memory.read(COUNTER, 4)), hits);
      }
      assert.equal(hits, 40);
    });
  }

  it('tells reads from writes, also at one byte of a page-crossing access and in string instructions', () => {
    const count = (...watchpoints: Watchpoint[]): number => {
      const machine = mixed();
      machine.engine.setWatchpoints(watchpoints);
      let hits = 0;
      while (machine.run(100_000).kind !== 'halted') hits += machine.engine.takeWatchHits().length > 0 ? 1 : 0;
      return hits;
    };
    // mov [0x30ffd],rbx; add rbx,[0x30ffd]
    assert.equal(count(watch(0x31001, 1)), 40);
    assert.equal(count(watch(0x31001, 1, { reads: true })), 80);
    assert.equal(count(watch(0x31001, 1, { reads: true, writes: false, space: 'physical' })), 40);
    // rep movsq reads 17 quadwords from 0x20000, scasb and cmpsb read there too; nothing writes.
    assert.equal(count(watch(0x20080, 8)), 0);
    assert.equal(count(watch(0x20080, 8, { reads: true })), 40);
    // rep stosw of 45 words at 0x22ff0
    assert.equal(count(watch(0x22ff0, 90)), 45 * 40);
    // lock xadd is a read and a write: one instruction.
    // Read as the page crosses: movups [0x31ff8] ends at 0x32008.
    assert.equal(count(watch(0x32000, 8, { reads: true })), 80);
    // The frame of INT, and what the handler and IRET read of it.
    assert.ok(count(watch(0x7ffd8, 8, { reads: true })) >= 80);
  });

  it('an instruction that faults has touched nothing', () => {
    const machine = new BareMachine();
    const state = machine.longMode();
    // Reads 0x20000, pushes to an address that is not canonical: push [0x20000] with rsp = 0x8000_0000_0000_0000
    machine.write(0x10000, 'ff342500000200');
    state.setU64('rip', 0x10000n);
    state.setGpr(4, 0x8000_0000_0000_0000n);
    machine.engine.setWatchpoints([watch(0x20000, 8, { reads: true })]);
    assert.equal(machine.run(10).kind, 'shutdown');
    assert.deepEqual(machine.engine.takeWatchHits(), []);
  });

  it('sees what the host writes', () => {
    const machine = mixed();
    machine.engine.setWatchpoints([watch(0x20ffe, 4), watch(0x21000, 2, { id: 2, space: 'physical' })]);
    machine.engine.memory.write(0x20ff0, new Uint8Array(32).fill(1));
    const hits = machine.engine.takeWatchHits();
    assert.deepEqual(
      hits.map(({ id, vcpu }) => [id, vcpu]),
      [
        [1, undefined],
        [2, undefined],
        [1, undefined],
      ],
    );
  });

  it('setting, hitting and clearing them changes nothing that the guest sees', () => {
    const reference = mixed();
    reference.run(100_000);
    let seed = 7;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return (seed >>> 8) % below;
    };
    const machine = mixed();
    const places = [0x34000, 0x7ff00, 0x20000, 0x22ff0, 0x30ffd, 0x32000, 0x10000, 0x5000, 0x6000, 0x17000];
    let hits = 0;
    for (let i = 0; ; i++) {
      if (i % 5 === 0) {
        const wanted = Array.from({ length: random(4) }, (_, id) =>
          watch(places[random(places.length)]! + random(64), 1 + random(random(4) ? 300 : 9000), {
            id,
            space: random(2) ? 'linear' : 'physical',
            reads: random(2) === 0,
          }),
        );
        machine.engine.setWatchpoints(wanted);
      }
      const result = machine.run(1 + random(17));
      hits += machine.engine.takeWatchHits().length;
      if (result.kind === 'halted') break;
    }
    assert.ok(hits > 100, `${hits}`);
    assert.deepEqual(snapshot(machine), snapshot(reference));
  });
});
