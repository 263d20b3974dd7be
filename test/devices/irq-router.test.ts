import assert from 'node:assert/strict';
import { IrqRouter } from '../../src/devices/irq-router';

describe('irq router', () => {
  const make = () => {
    const log: string[] = [];
    const router = new IrqRouter({
      picLine: (irq, level) => log.push(`pic ${irq} ${level}`),
      ioApicPin: (pin, level) => log.push(`pin ${pin} ${level}`),
      picHears: (irq) => irq === 1,
      picWants: () => false,
      ioApicHears: (pin) => pin === 2 || pin === 17,
      ioApicWaits: (pin) => pin === 17,
    });
    return { log, router };
  };

  it('irq 0 is PIC line 0 and I/O APIC pin 2; the others keep their number', () => {
    const { log, router } = make();
    router.line(0).set(true);
    router.line(4).set(true);
    assert.deepEqual(log, ['pic 0 true', 'pin 2 true', 'pic 4 true', 'pin 4 true']);
  });

  it('global system interrupts from 16 on have no PIC line; the cascade cannot be had', () => {
    const { log, router } = make();
    router.line(17).set(true);
    assert.deepEqual(log, ['pin 17 true']);
    assert.throws(() => router.line(2));
    assert.throws(() => router.line(24));
  });

  it('a wire is heard where the PIC or the I/O APIC takes an edge', () => {
    const { router } = make();
    assert.deepEqual(
      [0, 1, 4].map((irq) => router.isHeard(irq)),
      [true, true, false],
    );
  });

  it('an edge is an interrupt of its own where the one before has been taken', () => {
    const { router } = make();
    assert.deepEqual(
      [0, 1, 4, 16, 17].map((irq) => router.hasRoom(irq)),
      [true, true, false, false, false],
    );
    assert.equal(router.isWanted(17), true);
  });

  it('a shared wire is high while anyone holds it', () => {
    const { log, router } = make();
    const [a, b] = [router.line(5), router.line(5)];
    a.set(true);
    b.set(true);
    a.set(false);
    assert.deepEqual(log, ['pic 5 true', 'pin 5 true']);
    const saved = router.save();
    router.reset();
    router.restore(saved);
    b.set(false);
    assert.deepEqual(log.slice(2), ['pic 5 false', 'pin 5 false']);
  });
});
