// PC16550D data sheet; section numbers in the names.
import assert from 'node:assert/strict';
import { Uart16550 } from '../../src/devices/uart16550';
import { FakeLine, FakeSink, FakeTime } from './fakes';

const [THR, IER, IIR, LCR, MCR, LSR, MSR, SCR] = [0, 1, 2, 3, 4, 5, 6, 7];
const FCR = IIR;

function make() {
  const irq = new FakeLine();
  const output = new FakeSink();
  const time = new FakeTime();
  let roomCalls = 0;
  const uart = new Uart16550({ name: 'uart0', irq, output, clock: time, timers: time, onRoom: () => roomCalls++ });
  const write = (port: number, value: number) => uart.writePort(port, 1, value);
  const read = (port: number) => uart.readPort(port);
  const receive = (...bytes: number[]) => {
    for (const byte of bytes) uart.receive(byte);
  };
  return { irq, output, time, uart, write, read, receive, roomCalls: () => roomCalls };
}

describe('16550A UART', () => {
  it('8.1 transmits at once: THRE and TEMT are always set', () => {
    const { write, read, output } = make();
    for (const character of 'hello') write(THR, character.charCodeAt(0));
    assert.equal(output.text, 'hello');
    assert.equal(read(LSR), 0x60);
  });

  it('8.1 LCR.DLAB shows the divisor latch in place of RBR/THR and IER', () => {
    const { write, read, output } = make();
    write(LCR, 0x83);
    write(0, 0x01);
    write(1, 0x02);
    assert.deepEqual([read(0), read(1), read(LCR)], [1, 2, 0x83]);
    write(LCR, 0x03);
    assert.equal(read(IER), 0);
    assert.deepEqual(output.bytes, []);
  });

  it('SCR keeps a byte and does nothing', () => {
    const { write, read } = make();
    write(SCR, 0x5a);
    assert.equal(read(SCR), 0x5a);
  });

  it('8.3 IIR tells a 16550A by both FIFO bits', () => {
    const { write, read } = make();
    assert.equal(read(IIR), 0x01);
    write(FCR, 0x01);
    assert.equal(read(IIR), 0xc1);
    write(FCR, 0x00);
    assert.equal(read(IIR), 0x01);
  });

  it('8.4 enabling the THRE interrupt raises it, reading IIR clears it, writing THR brings it again', () => {
    const { write, read, irq } = make();
    write(IER, 0x02);
    assert.equal(irq.level, true);
    assert.equal(read(IIR), 0x02);
    assert.equal(irq.level, false);
    assert.equal(read(IIR), 0x01);
    write(THR, 0x41);
    assert.equal(irq.level, true);
    write(THR, 0x42);
    assert.equal(irq.rises, 3, 'each transmitted character is an edge of its own');
  });

  it('8.2 data ready in character mode; a second character overwrites the first and is an overrun', () => {
    const { read, receive, uart } = make();
    assert.equal(uart.room(), 1);
    receive(0x41);
    assert.equal(read(LSR) & 0x01, 1);
    assert.equal(uart.room(), 0);
    receive(0x42);
    assert.equal(read(LSR), 0x63);
    assert.equal(read(LSR), 0x61, 'reading clears OE');
    assert.equal(read(THR), 0x42);
    assert.equal(read(LSR), 0x60);
  });

  it('8.8.1 the received-data interrupt follows the trigger level', () => {
    const { write, read, receive, irq } = make();
    write(FCR, 0x81); // trigger level 8
    write(IER, 0x01);
    receive(1, 2, 3, 4, 5, 6, 7);
    assert.equal(irq.level, false);
    receive(8);
    assert.equal(irq.level, true);
    assert.equal(read(IIR), 0xc4);
    assert.equal(read(THR), 1);
    assert.equal(irq.level, false, 'below the trigger level');
  });

  it('8.8.1 a character timeout comes four character times after the last character, reading clears it', () => {
    const { write, read, receive, irq, time } = make();
    write(LCR, 0x03); // 8 data bits, no parity, 1 stop bit: 10 bits at 9600 baud (divisor 12)
    write(FCR, 0xc1);
    write(IER, 0x01);
    receive(1, 2);
    const fourCharactersNs = Math.ceil((4 * 10 * 1e9) / 9600);
    assert.equal(time.deadlineOf('uart0.timeout'), fourCharactersNs);
    time.advance(fourCharactersNs - 1);
    assert.equal(irq.level, false);
    time.advance(1);
    assert.equal(irq.level, true);
    assert.equal(read(IIR), 0xcc);
    assert.equal(read(THR), 1);
    assert.equal(irq.level, false);
    time.advance(fourCharactersNs);
    assert.equal(read(IIR), 0xcc, 'again for the character that still waits');
    assert.equal(read(THR), 2);
    assert.equal(time.deadlineOf('uart0.timeout'), undefined);
  });

  it('8.3 the FIFO takes 16 characters; the next is lost and reported; FCR bit 1 empties it', () => {
    const { write, read, receive, uart, roomCalls } = make();
    write(FCR, 0x01);
    assert.equal(uart.room(), 16);
    receive(...Array.from({ length: 17 }, (_, i) => i));
    assert.equal(uart.room(), 0);
    assert.equal(read(LSR), 0x63);
    const before = roomCalls();
    for (let i = 0; i < 15; i++) assert.equal(read(THR), i);
    assert.equal(roomCalls() - before, 15);
    write(FCR, 0x03);
    assert.equal(uart.room(), 16);
    assert.equal(read(LSR), 0x60);
  });

  it('8.3 FCR changes nothing else while bit 0 is clear, and toggling bit 0 empties the FIFO', () => {
    const { write, receive, uart, read } = make();
    receive(0x41);
    write(FCR, 0xc2);
    assert.equal(uart.room(), 0);
    write(FCR, 0x01);
    assert.equal(uart.room(), 16);
    assert.equal(read(IIR), 0xc1);
  });

  it('table IV: line status before received data before THRE before modem status', () => {
    const { write, read, receive, irq } = make();
    write(IER, 0x0f);
    write(MCR, 0x10); // loopback drops DSR, CTS, DCD: a modem status change
    write(MCR, 0x00);
    receive(1, 2);
    assert.equal(read(IIR), 0x06);
    read(LSR);
    assert.equal(read(IIR), 0x04);
    read(THR);
    assert.equal(read(IIR), 0x02);
    assert.equal(read(IIR), 0x00);
    assert.equal(irq.level, true);
    read(MSR);
    assert.equal(read(IIR), 0x01);
    assert.equal(irq.level, false);
  });

  it('8.7 the terminal is ready; reading clears the change bits', () => {
    const { write, read } = make();
    assert.equal(read(MSR), 0xb0);
    write(MCR, 0x10);
    assert.equal(read(MSR), 0x0b, 'DCD, DSR and CTS went away');
    assert.equal(read(MSR), 0x00);
  });

  it('8.6 loopback: MCR appears in MSR, characters come back, RI counts when it ends', () => {
    const { write, read, output, uart } = make();
    write(MCR, 0x1f);
    assert.equal(read(MSR) & 0xf0, 0xf0);
    write(MCR, 0x1a); // Linux' probe: RTS and OUT2
    assert.equal(read(MSR), 0x90 | 0x06, 'RTS is CTS, OUT2 is DCD; DSR changed and RI ended');
    write(THR, 0x55);
    assert.deepEqual(output.bytes, []);
    assert.equal(read(THR), 0x55);
    assert.equal(uart.room(), 0, 'the line is cut');
    uart.receive(0x66);
    assert.equal(read(LSR) & 1, 0);
  });

  it('8.1 break in loopback is received as a zero with BI, at the head of the FIFO only', () => {
    const { write, read } = make();
    write(FCR, 0x01);
    write(MCR, 0x10);
    write(THR, 0x41);
    write(LCR, 0x43);
    assert.equal(read(LSR), 0xe1, 'an error is somewhere in the FIFO');
    assert.equal(read(THR), 0x41);
    assert.equal(read(LSR), 0xf1);
    assert.equal(read(LSR), 0x61);
    assert.equal(read(THR), 0);
  });

  it('saves and restores to the bit', () => {
    const { write, receive, uart } = make();
    write(FCR, 0x41);
    write(IER, 0x0d);
    receive(1, 2, 3);
    const saved = uart.save();
    const other = make();
    other.uart.restore(saved);
    assert.deepEqual(other.uart.save(), saved);
    assert.equal(other.read(THR), 1);
    assert.equal(uart.room(), 13, 'the copy is not shared');
    uart.reset();
    assert.deepEqual(uart.save(), make().uart.save());
  });
});
