// FERR# on a PC: IRQ 13, and port 0xF0 that releases it and asserts IGNNE# (82371SB PIIX3 data sheet, "Coprocessor error register").
import assert from 'node:assert/strict';
import { makeChipset } from './make-chipset';

const PORT = 0xf0;
const VECTOR_BASE_SLAVE = 0x28;

describe('coprocessor error', () => {
  it('FERR# is IRQ 13 at the PIC, latched until port 0xF0 is written', () => {
    const { chipset, cpus, out, inb, initialisePics } = makeChipset();
    initialisePics();
    chipset.coprocessorError.assertFerr();
    assert.equal(chipset.pic.interruptPending, true);
    assert.equal(chipset.pic.acknowledge(), VECTOR_BASE_SLAVE + 5);
    out(0xa0, 0x20);
    out(0x20, 0x20);
    // An edge: it does not come again while the latch holds it.
    chipset.coprocessorError.assertFerr();
    assert.equal(chipset.pic.interruptPending, false);
    out(PORT, 0);
    assert.deepEqual(
      cpus.map(({ log }) => log),
      [['ignne'], ['ignne']],
    );
    chipset.coprocessorError.assertFerr();
    assert.equal(chipset.pic.interruptPending, true);
    assert.equal(inb(PORT), 0xff);
  });

  it('is pin 13 of the I/O APIC', () => {
    const { chipset } = makeChipset();
    const redirection = (register: number, value: number): void => {
      chipset.mmioBus.write(0xfec0_0000, 4, register);
      chipset.mmioBus.write(0xfec0_0010, 4, value);
    };
    chipset.apicRegisters[0]!.writeMmio(0xf0, 4, 0x1ff);
    redirection(0x10 + 2 * 13, 0x75);
    chipset.coprocessorError.assertFerr();
    assert.equal(chipset.localApics[0]!.interruptPending, true);
    assert.equal(chipset.localApics[0]!.acknowledge(), 0x75);
  });

  it('is reset, saved and restored', () => {
    const { chipset, initialisePics } = makeChipset();
    chipset.coprocessorError.assertFerr();
    const saved = chipset.save();
    chipset.reset();
    initialisePics();
    chipset.coprocessorError.assertFerr();
    assert.equal(chipset.pic.interruptPending, true);
    chipset.restore(saved);
    assert.deepEqual(chipset.coprocessorError.save(), { latched: true });
  });
});
