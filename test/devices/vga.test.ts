// VGA text mode: registers, what is drawn, and the screen as a stream of text.
import assert from 'node:assert/strict';
import { Vga } from '../../src/devices/vga/vga';
import { FakeSink, FakeTime } from './fakes';

const COLUMNS = 80;
const ROWS = 25;

/** A teaching kernel's console. */
class Terminal {
  readonly sink = new FakeSink();
  readonly time = new FakeTime();
  vga = new Vga(this.time, this.sink);
  row = 0;
  column = 0;

  get text(): string {
    return new TextDecoder().decode(Uint8Array.from(this.sink.bytes));
  }
  cell(at: number, character: string): void {
    this.vga.textMemory.writeMmio(at * 2, 2, 0x0700 | character.charCodeAt(0));
  }
  print(text: string): void {
    for (const character of text) {
      if (character === '\n') this.newLine();
      else {
        this.cell(this.row * COLUMNS + this.column, character);
        this.column++;
      }
    }
  }
  newLine(): void {
    this.column = 0;
    if (++this.row < ROWS) return;
    this.row = ROWS - 1;
    this.scroll();
  }
  scroll(): void {
    for (let at = 0; at < COLUMNS * (ROWS - 1); at++) {
      this.vga.textMemory.writeMmio(at * 2, 2, this.vga.textMemory.readMmio((at + COLUMNS) * 2, 2));
    }
    for (let at = COLUMNS * (ROWS - 1); at < COLUMNS * ROWS; at++) this.cell(at, ' ');
  }
  clear(): void {
    for (let at = 0; at < COLUMNS * ROWS; at++) this.cell(at, ' ');
    this.row = 0;
    this.column = 0;
  }
  crtc(index: number, value: number): void {
    this.vga.crtcPorts.writePort(0, 1, index);
    this.vga.crtcPorts.writePort(1, 1, value);
  }
}
const lines = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `line ${from + i}\n`).join('');

describe('VGA as a stream of text', () => {
  it('characters leave when they are written, clearing the screen leaves nothing', () => {
    const terminal = new Terminal();
    terminal.clear();
    terminal.print('hello\n\n  world');
    assert.equal(terminal.text, 'hello\n\n  world');
    terminal.vga.finish();
    assert.equal(terminal.text, 'hello\n\n  world\n');
  });

  it('scrolling by moving memory sends every line once', () => {
    const terminal = new Terminal();
    terminal.clear();
    terminal.print(lines(1, 100));
    terminal.print('> ');
    terminal.vga.finish();
    assert.equal(terminal.text, `${lines(1, 100)}>\n`);
  });

  it('scrolling by the start address too', () => {
    const terminal = new Terminal();
    terminal.clear();
    terminal.print(lines(1, 24));
    for (let line = 25; line <= 40; line++) {
      const start = (line - 24) * COLUMNS;
      for (let at = 0; at < COLUMNS; at++) terminal.cell(line * COLUMNS + at, ' ');
      terminal.row = line - 1;
      terminal.crtc(0x0c, start >> 8);
      terminal.crtc(0x0d, start & 0xff);
      [...`line ${line}`].forEach((character, column) => {
        terminal.cell((line - 1) * COLUMNS + column, character);
      });
    }
    terminal.vga.finish();
    assert.equal(terminal.text, lines(1, 40));
  });

  it('a cleared screen begins a new line', () => {
    const terminal = new Terminal();
    terminal.print('first\nsecond');
    terminal.clear();
    terminal.print('third');
    terminal.vga.finish();
    assert.equal(terminal.text, 'first\nsecond\nthird\n');
  });

  it('a header that stays in place while the rest scrolls', () => {
    const terminal = new Terminal();
    terminal.print('HEADER\n');
    const scroll = terminal.scroll.bind(terminal);
    terminal.scroll = () => {
      for (let at = COLUMNS; at < COLUMNS * (ROWS - 1); at++) {
        terminal.vga.textMemory.writeMmio(at * 2, 2, terminal.vga.textMemory.readMmio((at + COLUMNS) * 2, 2));
      }
      for (let at = COLUMNS * (ROWS - 1); at < COLUMNS * ROWS; at++) terminal.cell(at, ' ');
    };
    assert.ok(scroll);
    terminal.print(lines(1, 50).trimEnd());
    terminal.vga.finish();
    assert.equal(terminal.text, `HEADER\n${lines(1, 50)}`);
  });

  it('erasing a character and a spinner use backspaces; code page 437 becomes Unicode', () => {
    const terminal = new Terminal();
    terminal.print('ab');
    terminal.cell(1, ' ');
    terminal.column = 1;
    terminal.print('c|');
    terminal.cell(2, '/');
    terminal.cell(3, '\xdb');
    assert.equal(terminal.text, 'ab\b \bc|\b/█');
  });

  it('what changed in lines that have left is shown at the end', () => {
    const terminal = new Terminal();
    terminal.print('count 1\nrest\n');
    terminal.cell(6, '2');
    terminal.vga.finish();
    assert.equal(terminal.text, 'count 1\nrest\ncount 2\nrest\n');
  });

  it('saved in the middle of scrolling and restored, it goes on alike', () => {
    const one = new Terminal();
    one.print(lines(1, 30));
    one.cell(0, 'x');
    const two = new Terminal();
    two.vga.restore(structuredClone(one.vga.save()));
    two.sink.bytes.push(...one.sink.bytes);
    for (const terminal of [one, two]) {
      Object.assign(terminal, { row: 24, column: 0 });
      terminal.print(lines(31, 40));
      terminal.vga.finish();
    }
    assert.equal(two.text, one.text);
  });
});

describe('VGA', () => {
  it('draws mode 3: 80×25, 16 colours, a cursor of two lines', () => {
    const { vga } = new Terminal();
    const { columns, rows, cells, palette, blink, cursor, cellLines } = vga.screen();
    assert.deepEqual([columns, rows, blink, cellLines], [80, 25, true, 16]);
    assert.deepEqual([...cells.subarray(0, 2)], [0x20, 0x07]);
    assert.deepEqual(cursor, { column: 0, row: 0, startLine: 13, endLine: 14 });
    assert.deepEqual([...palette.subarray(6 * 3, 8 * 3)], [170, 85, 0, 170, 170, 170], 'brown, light grey');
    assert.deepEqual([...palette.subarray(15 * 3)], [255, 255, 255]);
  });

  it('the cursor is where registers 0x0e and 0x0f say, and off with bit 5 of 0x0a', () => {
    const terminal = new Terminal();
    terminal.crtc(0x0e, 0x01);
    terminal.crtc(0x0f, 0x41);
    assert.deepEqual(terminal.vga.screen().cursor, { column: 1, row: 4, startLine: 13, endLine: 14 });
    terminal.crtc(0x0a, 0x20);
    assert.equal(terminal.vga.screen().cursor, undefined);
  });

  it('50 rows of 8 lines', () => {
    const terminal = new Terminal();
    terminal.crtc(0x09, 0x47);
    assert.equal(terminal.vga.screen().rows, 50);
  });

  it('the attribute controller: index and data in turn, reset by reading the status; bright backgrounds instead of blinking', () => {
    const { vga } = new Terminal();
    vga.statusPort.readPort(0, 1);
    vga.ports.writePort(0, 1, 0x30);
    assert.equal(vga.ports.readPort(1, 1), 0x0c);
    vga.ports.writePort(0, 1, 0x04);
    assert.equal(vga.screen().blink, false);
  });

  it('the DAC: three writes a colour', () => {
    const { vga } = new Terminal();
    vga.ports.writePort(8, 1, 1);
    for (const value of [63, 0, 21]) vga.ports.writePort(9, 1, value);
    assert.deepEqual([...vga.screen().palette.subarray(3, 6)], [255, 0, 85]);
    vga.ports.writePort(7, 1, 1);
    assert.deepEqual([vga.ports.readPort(9, 1), vga.ports.readPort(9, 1), vga.ports.readPort(9, 1)], [63, 0, 21]);
  });

  it('both retraces come and go', () => {
    const { vga, time } = new Terminal();
    const seen = new Set<number>();
    for (let i = 0; i < 2000; i++) {
      seen.add(vga.statusPort.readPort(0, 1));
      time.advance(10_000);
    }
    assert.deepEqual([...seen].sort(), [0, 1, 9]);
  });
});
