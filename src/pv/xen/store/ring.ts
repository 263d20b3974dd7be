// The ring by which a guest speaks with XenStore (public/io/xs_wire.h): messages are cut into bytes, two ways, 1 KiB each.
import type { SavedValue, Stateful } from '../../../base/saved';
import type { Timer } from '../../../devices/ports';
import { STORE_MESSAGES, TraceKind } from '../../../trace/rows';
import type { XenHost } from '../host-port';
import type { PageRef } from '../physmap';
import type { SharedMemory } from '../shared-memory';
import { CONTROL_REQUESTS, PAYLOAD_MAX, STORE_REQUESTS, StoreRefusal } from './requests';
import { XenStore } from './store';

const RING = 1024;
const HEADER = 16;
/** struct xenstore_domain_interface. */
const RingField = {
  req: 0,
  rsp: RING,
  reqCons: 2048,
  reqProd: 2052,
  rspCons: 2056,
  rspProd: 2060,
  features: 2064,
  connection: 2068,
  error: 2072,
} as const;
const Feature = { reconnection: 1, error: 2 } as const;
const RECONNECT = 1;
const RingError = { none: 0, indexes: 2, protocol: 3 } as const;
/** Answers that wait for room: a guest that reads none gets no more, … */
const MAX_WAITING_BYTES = 1 << 18;
/** … and is told of no more changes. */
const MAX_EVENT_BYTES = 1 << 20;
/** Requests that are answered at once; those behind them a little later. */
const REQUESTS_PER_PIECE = 16;
const NEXT_PIECE_NS = 10_000;

export class StoreRing implements Stateful {
  readonly store: XenStore;
  private input = new Uint8Array(0);
  private output: Uint8Array[] = [];
  private waiting = 0;
  private broken = false;
  private readonly nextPiece: Timer;

  constructor(
    private readonly host: XenHost,
    private readonly memory: SharedMemory,
    private readonly page: () => PageRef,
    private readonly notify: () => void,
  ) {
    this.store = new XenStore(host.domainId, (path, token) => this.event(path, token));
    this.nextPiece = host.timers.create('xenstore', () => this.service());
  }

  /** Power-on. */
  reset(): void {
    this.input = new Uint8Array(0);
    this.output = [];
    this.waiting = 0;
    this.broken = false;
    this.nextPiece.cancel();
    this.memory.setU32(this.page(), RingField.features, Feature.reconnection | Feature.error);
  }

  /** The guest has sent an event. */
  service(): void {
    if (this.memory.u32(this.page(), RingField.connection) === RECONNECT) this.reconnect();
    if (this.broken) return;
    let moved = this.flush();
    let left = REQUESTS_PER_PIECE;
    do {
      while (left > 0 && this.answerNext()) {
        left--;
        moved = true;
      }
      if (!this.broken && this.flush()) moved = true;
    } while (left > 0 && this.take());
    if (left === 0 && !this.broken) this.nextPiece.arm(this.host.nowNs(0) + NEXT_PIECE_NS);
    if (moved) this.notify();
  }

  /** Nothing is under way any more. */
  quiet(): void {
    this.nextPiece.cancel();
  }

  private reconnect(): void {
    const page = this.page();
    this.store.disconnect();
    for (const index of [RingField.reqCons, RingField.reqProd, RingField.rspCons, RingField.rspProd]) this.memory.setU32(page, index, 0);
    this.reset();
    this.memory.setU32(page, RingField.error, RingError.none);
    this.memory.setU32(page, RingField.connection, 0);
    this.notify();
  }

  private fail(error: number, what: string): void {
    this.broken = true;
    this.memory.setU32(this.page(), RingField.error, error);
    this.host.message(`the XenStore ring is not served any more: ${what}`);
  }

  /** Bytes of the guest, as many as there are. */
  private take(): boolean {
    const page = this.page();
    const producer = this.memory.u32(page, RingField.reqProd);
    const consumer = this.memory.u32(page, RingField.reqCons);
    const count = (producer - consumer) >>> 0;
    if (this.broken || count === 0 || this.waiting > MAX_WAITING_BYTES) return false;
    if (count > RING) {
      this.fail(RingError.indexes, `its indexes say that more than its ${RING} bytes are used`);
      return false;
    }
    const input = new Uint8Array(this.input.length + count);
    input.set(this.input);
    const ring = this.memory.bytes(page, RingField.req, RING);
    for (let i = 0; i < count; i++) input[this.input.length + i] = ring[(consumer + i) & (RING - 1)]!;
    this.input = input;
    this.memory.setU32(page, RingField.reqCons, producer);
    return true;
  }

  /** False: no whole request is there, or it has to wait. */
  private answerNext(): boolean {
    if (this.broken || this.input.length < HEADER || this.waiting > MAX_WAITING_BYTES) return false;
    const view = new DataView(this.input.buffer, this.input.byteOffset);
    const length = view.getUint32(12, true);
    if (length > PAYLOAD_MAX) {
      this.fail(RingError.protocol, `a message is longer than ${PAYLOAD_MAX} bytes`);
      return false;
    }
    if (this.input.length < HEADER + length) return false;
    const payload = this.input.slice(HEADER, HEADER + length);
    const [type, request, transaction] = [0, 4, 8].map((at) => view.getUint32(at, true)) as [number, number, number];
    this.input = this.input.slice(HEADER + length);
    this.answer(type, request, transaction, payload);
    return true;
  }

  private answer(type: number, request: number, transaction: number, payload: Uint8Array): void {
    const name = STORE_MESSAGES[type];
    if (name !== undefined) this.host.trace(TraceKind.xenstore, -1, type, 0, transaction, payload.length);
    const afterwards: (() => void)[] = [];
    try {
      const handler = name && STORE_REQUESTS[name];
      if (handler === undefined) throw new StoreRefusal(name !== undefined && CONTROL_REQUESTS.includes(name) ? 'EACCES' : 'ENOSYS');
      this.send(type, request, transaction, handler({ store: this.store, transaction, payload, later: (body) => afterwards.push(body) }));
    } catch (refusal) {
      if (!(refusal instanceof StoreRefusal)) throw refusal;
      this.send(STORE_MESSAGES.indexOf('error'), request, transaction, new TextEncoder().encode(`${refusal.name}\0`));
    }
    for (const body of afterwards) body();
  }

  private event(path: string, token: string): void {
    if (this.waiting > MAX_EVENT_BYTES) return;
    const text = `${path}\0${token}\0`;
    this.send(
      STORE_MESSAGES.indexOf('watch-event'),
      0,
      0,
      Uint8Array.from(text, (character) => character.charCodeAt(0)),
    );
  }

  /** The control domain has changed something: watches are told. */
  changedByHost(): void {
    if (!this.broken && this.flush()) this.notify();
  }

  private send(type: number, request: number, transaction: number, payload: Uint8Array): void {
    this.host.trace(TraceKind.xenstore, -1, type, 1, transaction, payload.length);
    const message = new Uint8Array(HEADER + payload.length);
    const view = new DataView(message.buffer);
    for (const [i, word] of [type, request, transaction, payload.length].entries()) view.setUint32(i * 4, word, true);
    message.set(payload, HEADER);
    this.output.push(message);
    this.waiting += message.length;
  }

  /** Answers go into the ring as far as there is room. */
  private flush(): boolean {
    const page = this.page();
    let producer = this.memory.u32(page, RingField.rspProd);
    const used = (producer - this.memory.u32(page, RingField.rspCons)) >>> 0;
    if (used > RING) {
      this.fail(RingError.indexes, `its indexes say that more than its ${RING} bytes are used`);
      return false;
    }
    let room = RING - used;
    const moved = room > 0 && this.output.length > 0;
    while (room > 0 && this.output.length > 0) {
      const first = this.output[0]!;
      const count = Math.min(room, first.length, RING - (producer & (RING - 1)));
      this.memory.setBytes(page, RingField.rsp + (producer & (RING - 1)), first.subarray(0, count));
      producer = (producer + count) >>> 0;
      room -= count;
      this.waiting -= count;
      if (count === first.length) this.output.shift();
      else this.output[0] = first.subarray(count);
    }
    if (moved) this.memory.setU32(page, RingField.rspProd, producer);
    return moved;
  }

  save(): SavedValue {
    return { store: this.store.save(), input: this.input.slice(), output: this.output.map((each) => each.slice()), broken: this.broken };
  }
  restore(state: SavedValue): void {
    const saved = state as { store: SavedValue; input: Uint8Array; output: Uint8Array[]; broken: boolean };
    this.store.restore(saved.store);
    this.input = saved.input.slice();
    this.output = saved.output.map((each) => each.slice());
    this.waiting = this.output.reduce((sum, each) => sum + each.length, 0);
    this.broken = saved.broken;
  }
}
