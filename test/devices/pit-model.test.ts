// The 8254's modes as functions of time against a model that is stepped clock by clock as the data sheet (231164) tells it.
import assert from 'node:assert/strict';
import { Pit } from '../../src/devices/pit/pit';
import { pitTickNs } from '../../src/devices/pit/pit-clock';
import { FakeLine, FakeTime, tickCount } from './fakes';

/** One counter, one CLK pulse at a time; binary, both bytes written at once. */
class SteppedCounter {
  out = true;
  element = 0;
  private register = 0;
  loadNext = false;
  running = false;
  private strobe = false;
  private done = false;
  /** The count that is being counted is odd. */
  private odd = false;
  gate = false;

  constructor(private mode: number) {
    this.control(mode);
  }

  control(mode: number): void {
    this.mode = mode;
    this.out = mode !== 0;
    this.element = 0;
    this.register = 0;
    this.loadNext = this.running = this.strobe = this.done = false;
  }

  write(count: number): void {
    this.register = count;
    if (this.mode === 0) this.out = false;
    if (this.mode === 0 || this.mode === 4 || ((this.mode === 2 || this.mode === 3) && !this.running)) this.loadNext = this.running = true;
    if (this.mode === 4) this.out = true;
  }

  setGate(level: boolean): void {
    const rising = level && !this.gate;
    this.gate = level;
    const periodic = this.mode === 2 || this.mode === 3;
    if (periodic && !level) this.out = true;
    if (rising && this.register !== 0 && (this.mode === 1 || this.mode === 5 || (periodic && this.running))) this.loadNext = true;
  }

  clock(): void {
    if (this.strobe) {
      this.strobe = false;
      this.out = true;
    }
    const free = this.mode === 1 || this.mode === 5;
    if (this.loadNext) this.load();
    else if (!this.running || (!free && !this.gate)) return;
    else if (this.mode === 2) this.clockRate();
    else if (this.mode === 3) this.clockSquare();
    else this.clockDown();
  }

  private load(): void {
    this.loadNext = false;
    this.running = true;
    this.done = false;
    this.element = this.mode === 3 ? this.register & ~1 : this.register;
    this.odd = (this.register & 1) === 1;
    if (this.mode === 1) this.out = false;
    if (this.mode === 2 || this.mode === 3) this.out = true;
  }

  private clockDown(): void {
    this.element = (this.element - 1) & 0xffff;
    if (this.element !== 0 || this.done) return;
    this.done = true;
    if (this.mode === 4 || this.mode === 5) {
      this.out = false;
      this.strobe = true;
    } else this.out = true;
  }

  private clockRate(): void {
    if (this.element === 1) {
      this.element = this.register;
      this.out = true;
    } else this.element--;
    if (this.element === 1) this.out = false;
  }

  /** Odd counts stay high for one clock more: the element shows 0 then. */
  private clockSquare(): void {
    if (this.element > 2 || (this.element === 2 && this.out && this.odd)) this.element -= 2;
    else {
      this.out = !this.out;
      this.element = this.register & ~1;
      this.odd = (this.register & 1) === 1;
    }
  }
}

describe('8254 counters against a stepped model', () => {
  const SEED = 0x8254;
  for (const mode of [0, 1, 2, 3, 4, 5]) {
    it(`mode ${mode}: OUT and count at every tick under random writes and gate changes (seed ${SEED})`, () => {
      let seed = SEED + mode;
      const random = (below: number) => {
        seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
        return (seed >>> 8) % below;
      };
      for (let round = 0; round < 40; round++) {
        const time = new FakeTime();
        const pit = new Pit({
          isWanted: () => true,
          ticks: tickCount('pit'),
          irq: new FakeLine(),
          isHeard: () => false,
          hasRoom: () => false,
          clock: time,
          timers: time,
        });
        const model = new SteppedCounter(mode);
        pit.writePort(3, 1, 0xb0 | (mode << 1));
        const history: string[] = [];
        for (let tick = 1; tick < 300; tick++) {
          time.advanceTo(pitTickNs(tick));
          model.clock();
          for (let chances = 0; chances < 2; chances++) {
            const action = random(20);
            if (action === 0) {
              const count = 2 + random(40);
              pit.writePort(2, 1, count);
              pit.writePort(2, 1, 0);
              model.write(count);
              history.push(`${tick}: count ${count}`);
            } else if (action <= 2) {
              const gate = action === 1;
              pit.setSpeakerGate(gate);
              model.setGate(gate);
              history.push(`${tick}: gate ${gate}`);
            }
          }
          pit.writePort(3, 1, 0x80);
          const element = pit.readPort(2) | (pit.readPort(2) << 8);
          const loaded = model.running && !model.loadNext;
          const where = `round ${round} tick ${tick} after ${history.join(', ')}`;
          assert.equal(pit.speakerOut, model.out, `OUT, ${where}`);
          if (loaded) assert.equal(element, model.element, `count, ${where}`);
        }
      }
    });
  }
});
