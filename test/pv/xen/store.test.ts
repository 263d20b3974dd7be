// XenStore by its ring, as a guest speaks with it (public/io/xs_wire.h, docs/misc/xenstore.txt), and the console ring beside it.
import assert from 'node:assert/strict';
import { type Guest, guest } from './fake-host';

const STORE = 0xfeff_b000;
const CONSOLE = 0xfeff_d000;
const Type = {
  directory: 1,
  read: 2,
  perms: 3,
  watch: 4,
  unwatch: 5,
  begin: 6,
  end: 7,
  introduce: 8,
  path: 10,
  write: 11,
  rm: 13,
  event: 15,
  error: 16,
};
const STORE_PORT = 1;
const CONSOLE_PORT = 2;

class Client {
  readonly made: Guest = guest();
  readonly events: string[] = [];
  private readonly received: number[] = [];

  private kick(port: number): void {
    this.made.call(32, 4, this.made.struct([[0, 4, port]]));
  }
  private word(at: number): number {
    return this.made.u32(STORE + at);
  }
  private setWord(at: number, value: number): void {
    this.made.host.memory.write(STORE + at, Uint8Array.of(value, value >> 8, value >> 16, value >> 24));
  }

  /** The answer's text; errors begin with "!". Watch events are put aside. */
  ask(type: number, text: string, transaction = 0): string {
    const message = new Uint8Array(16 + text.length);
    const view = new DataView(message.buffer);
    for (const [i, value] of [type, 7, transaction, text.length].entries()) view.setUint32(i * 4, value, true);
    message.set(
      Uint8Array.from(text, (each) => each.charCodeAt(0)),
      16,
    );
    for (const byte of message) {
      if (this.word(2052) - this.word(2048) === 1024) this.kick(STORE_PORT);
      const producer = this.word(2052);
      this.made.host.memory.write(STORE + (producer & 1023), Uint8Array.of(byte));
      this.setWord(2052, producer + 1);
    }
    this.kick(STORE_PORT);
    const answer = this.next();
    assert.equal(answer.request, 7);
    return answer.type === Type.error ? `!${answer.text.slice(0, -1)}` : answer.text;
  }

  /** Reads until an answer is whole; events come before or behind it. */
  private next(): { type: number; request: number; text: string } {
    for (;;) {
      this.drain();
      const found = this.take();
      if (found === undefined) continue;
      if (found.type !== Type.event) {
        this.drain();
        for (let more = this.take(); more !== undefined; more = this.take()) this.events.push(more.text);
        return found;
      }
      this.events.push(found.text);
    }
  }
  private drain(): void {
    while (this.word(2060) !== this.word(2056)) {
      const consumer = this.word(2056);
      this.received.push(this.made.host.memory.read(STORE + 1024 + (consumer & 1023), 1)![0]!);
      this.setWord(2056, consumer + 1);
    }
    this.kick(STORE_PORT);
    if (this.word(2060) !== this.word(2056)) this.drain();
  }
  private take(): { type: number; request: number; text: string } | undefined {
    if (this.received.length < 16) return undefined;
    const view = new DataView(Uint8Array.from(this.received.slice(0, 16)).buffer);
    const length = view.getUint32(12, true);
    if (this.received.length < 16 + length) return undefined;
    const text = String.fromCharCode(...this.received.splice(0, 16 + length).slice(16));
    return { type: view.getUint32(0, true), request: view.getUint32(4, true), text };
  }
}

describe('XenStore', () => {
  it('has what a toolstack writes, by absolute and relative paths', () => {
    const client = new Client();
    assert.equal(client.ask(Type.read, 'domid\0'), '1');
    assert.equal(client.ask(Type.read, '/local/domain/1/name\0'), 'test');
    assert.equal(client.ask(Type.directory, 'cpu\0'), '0\x001\0');
    assert.equal(client.ask(Type.path, '1\0'), '/local/domain/1\0');
    assert.equal(client.ask(Type.perms, 'name\0'), 'n0\0r1\0');
    assert.deepEqual(
      ['nothing\0', '/bad//path\0', 'x', '/local/domain/1/\0'].map((path) => client.ask(Type.read, path)),
      ['!ENOENT', '!EINVAL', '!EINVAL', '!EINVAL'],
    );
  });

  it('lets the guest write where it may, and fires watches', () => {
    const client = new Client();
    assert.equal(client.ask(Type.watch, 'data\0token\0'), 'OK\0');
    assert.equal(client.ask(Type.watch, 'data\0token\0'), '!EEXIST');
    assert.equal(client.ask(Type.write, 'data/a/b\0value'), 'OK\0');
    assert.equal(client.ask(Type.read, 'data/a/b\0'), 'value');
    assert.equal(client.ask(Type.perms, 'data/a\0'), 'n1\0');
    assert.equal(client.ask(Type.write, 'name\0other'), '!EACCES');
    assert.equal(client.ask(Type.rm, 'data/a\0'), 'OK\0');
    assert.equal(client.ask(Type.read, 'data/a/b\0'), '!ENOENT');
    assert.deepEqual(client.events, ['data\0token\0', 'data/a/b\0token\0', 'data/a\0token\0']);
    assert.equal(client.ask(Type.introduce, '2\x001\x001\0'), '!EACCES');
    assert.equal(client.ask(77, ''), '!ENOSYS');
  });

  it('transactions see their own writes, and fail where something has changed', () => {
    const client = new Client();
    client.ask(Type.write, 'data/x\x001');
    const begin = () => Number(client.ask(Type.begin, '\0').slice(0, -1));
    const [first, second] = [begin(), begin()];
    client.ask(Type.write, 'data/x\x002', first);
    assert.deepEqual(
      [client.ask(Type.read, 'data/x\0', first), client.ask(Type.read, 'data/x\0', second), client.ask(Type.read, 'data/x\0')],
      ['2', '1', '1'],
    );
    assert.equal(client.ask(Type.end, 'T\0', first), 'OK\0');
    assert.equal(client.ask(Type.end, 'T\0', second), '!EAGAIN');
    assert.equal(client.ask(Type.read, 'data/x\0'), '2');
    assert.equal(client.ask(Type.read, 'data/x\0', second), '!ENOENT');
  });

  it('the power button asks the guest by control/shutdown', () => {
    const client = new Client();
    client.ask(Type.watch, 'control/shutdown\0t\0');
    client.made.xen.pressPowerButton();
    assert.equal(client.ask(Type.read, 'control/shutdown\0'), 'poweroff');
    assert.deepEqual(client.events, ['control/shutdown\0t\0', 'control/shutdown\0t\0']);
  });

  it('a ring with wrong indexes is not served any more, and nothing else happens', () => {
    const { made } = new Client();
    made.host.memory.write(STORE + 2052, Uint8Array.of(0xff, 0xff));
    made.call(32, 4, made.struct([[0, 4, STORE_PORT]]));
    assert.equal(made.u32(STORE + 2072), 2);
    assert.match(made.host.log.at(-1)!, /XenStore ring/);
  });
});

describe('the console ring', () => {
  it('takes what is written at once, and gives what is typed as far as there is room', () => {
    const made = guest();
    const kick = () => made.call(32, 4, made.struct([[0, 4, CONSOLE_PORT]]));
    made.xen.console.push(new Uint8Array(1500).fill(65));
    made.host.memory.write(CONSOLE + 1024, new TextEncoder().encode('hello'));
    made.host.memory.write(CONSOLE + 3084, Uint8Array.of(5));
    kick();
    assert.equal(made.host.console, 'hello');
    assert.equal(made.u32(CONSOLE + 3080), 5);
    const later = () => {
      for (let i = 0; i < 20; i++) made.host.until(made.host.ns + 10_000);
    };
    later();
    assert.equal(made.u32(CONSOLE + 3076), 1024);
    made.host.memory.write(CONSOLE + 3072, Uint8Array.of(0, 2));
    kick();
    later();
    assert.equal(made.u32(CONSOLE + 3076), 1500);
    assert.equal(made.xen.console.isEmpty, true);
  });

  it('a full one empties in pieces, and before the domain ends', () => {
    const made = guest();
    const fill = () => {
      made.host.memory.write(CONSOLE + 1024, new Uint8Array(2048).fill(66));
      made.host.memory.write(CONSOLE + 3080, Uint8Array.of(0, 0, 0, 0, 0, 8, 0, 0));
    };
    fill();
    made.call(32, 4, made.struct([[0, 4, CONSOLE_PORT]]));
    assert.equal(made.host.console.length, 128);
    made.host.until(made.host.ns + 10_000);
    assert.equal(made.host.console.length, 256);
    for (let i = 0; i < 14; i++) made.host.until(made.host.ns + 10_000);
    assert.equal(made.host.console.length, 2048);
    fill();
    made.call(29, 2, made.struct([[0, 4, 0]]));
    assert.equal(made.host.console.length, 4096);
    assert.equal(made.host.log.at(-1), 'shutdown poweroff');
  });

  it('a watchdog waits for it', () => {
    const made = guest();
    made.call(
      29,
      6,
      made.struct([
        [0, 4, 0],
        [4, 4, 1],
      ]),
    );
    made.host.memory.write(CONSOLE + 3080, Uint8Array.of(0, 0, 0, 0, 0, 1, 0, 0));
    made.host.until(made.host.ns + 1_000_000_000);
    assert.equal(made.host.console.length, 128);
    made.host.until(made.host.ns + 10_000);
    assert.equal(made.host.console.length, 256);
    assert.equal(made.host.log.at(-1), 'shutdown watchdog');
  });
});
