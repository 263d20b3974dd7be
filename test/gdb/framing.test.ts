// Packets of the GDB remote protocol (GDB manual, E.1): framing, escapes, acknowledgement, strangers.
import assert from 'node:assert/strict';
import { encodePacket, PacketReader } from '../../src/gdb/wire/framing';
import { Link } from '../../src/gdb/wire/link';
import { Pipe } from './support/client';

const read = (...pieces: (string | Uint8Array)[]) => {
  const reader = new PacketReader();
  return pieces
    .flatMap((piece) => [...reader.push(Buffer.from(piece as Uint8Array))])
    .map((item) => (item.kind === 'packet' ? `packet ${Buffer.from(item.data).toString('latin1')}` : item.kind));
};
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

describe('gdb framing', () => {
  it('frames with a checksum of two digits, modulo 256', () => {
    assert.equal(text(encodePacket('OK')), '$OK#9a');
    assert.equal(text(encodePacket('')), '$#00');
  });

  it('escapes "}", "$", "#" and "*" both ways', () => {
    const data = Uint8Array.of(0x7d, 0x24, 0x23, 0x2a, 0x00, 0xff);
    assert.equal(Buffer.from(encodePacket(data)).toString('hex'), `247d5d7d047d037d0a00ff233631`);
    assert.deepEqual(read(encodePacket(data)), [`packet ${text(data)}`]);
  });

  it('reads packets, acknowledgements and interrupts in any pieces', () => {
    assert.deepEqual(read('+$qC#b4$g#67-', '\x03'), ['ack', 'packet qC', 'packet g', 'nack', 'interrupt']);
    assert.deepEqual(read('$', 'q', 'C#', 'b', '4'), ['packet qC']);
  });

  it('a wrong checksum and a packet cut off are damaged; what follows is read', () => {
    assert.deepEqual(read('$qC#b5$g#67'), ['damaged', 'packet g']);
    assert.deepEqual(read('$qC$g#67'), ['damaged', 'packet g']);
  });

  it('tells a stranger at the first byte, between packets, and by length', () => {
    assert.deepEqual(read('GET / HTTP/1.1\r\n$g#67'), ['stranger']);
    assert.deepEqual(read('\x16\x03\x01'), ['stranger']);
    assert.deepEqual(read('$g#67POST'), ['packet g', 'stranger']);
    assert.deepEqual(read(`$${'x'.repeat(1 << 17)}`), ['stranger']);
    assert.deepEqual(read('$g#zz'), ['stranger']);
  });
});

describe('gdb link', () => {
  const linked = () => {
    const pipe = new Pipe();
    const link = new Link(pipe);
    const written = () => text(Buffer.concat(pipe.written.splice(0)));
    return { pipe, link, written, say: (bytes: string) => pipe.emit('data', Buffer.from(bytes, 'latin1')) };
  };

  it('acknowledges until it is told not to, sends again what was damaged', () => {
    const { link, written, say } = linked();
    link.onPacket = (data) => link.send(`<${text(data)}>`);
    say('$g#67');
    assert.equal(written(), `+${text(encodePacket('<g>'))}`);
    say('-');
    assert.equal(written(), text(encodePacket('<g>')));
    say('$g#00');
    assert.equal(written(), '-');
    link.stopAcknowledging();
    say('$g#67');
    assert.equal(written(), text(encodePacket('<g>')));
  });

  it('does not repeat an answer for ever', () => {
    const { link, written, say } = linked();
    link.send('x');
    written();
    say('-'.repeat(100));
    assert.equal(written(), text(encodePacket('x')).repeat(8));
  });

  it('refuses a stranger in plain text and hangs up, before anything is handled', () => {
    const { pipe, link, written, say } = linked();
    let handled = 0;
    link.onPacket = () => handled++;
    say('POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n$vKill;1#6e');
    assert.match(written(), /^This port speaks the GDB remote serial protocol/);
    assert.equal(pipe.ended, true);
    assert.equal(handled, 0);
  });
});
