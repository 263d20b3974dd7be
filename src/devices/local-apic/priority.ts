// Which interrupt comes next: IRR, ISR, TMR, task and processor priority (SDM vol 3, 10.8).
import type { DeviceState } from '../device-state';

const WORDS = 8;

export type PriorityState = DeviceState & {
  irr: number[];
  isr: number[];
  tmr: number[];
  tpr: number;
};

const emptySet = (): number[] => new Array<number>(WORDS).fill(0);

export const initialPriority = (): PriorityState => ({ irr: emptySet(), isr: emptySet(), tmr: emptySet(), tpr: 0 });

/** The highest vector in a 256-bit set. */
export function highest(set: readonly number[]): number | undefined {
  for (let word = WORDS - 1; word >= 0; word--) {
    const bits = set[word]!;
    if (bits !== 0) return word * 32 + 31 - Math.clz32(bits);
  }
  return undefined;
}

export function includes(set: readonly number[], vector: number): boolean {
  return ((set[vector >> 5]! >>> (vector & 31)) & 1) !== 0;
}

function change(set: number[], vector: number, on: boolean): void {
  const bit = 1 << (vector & 31);
  const word = set[vector >> 5]!;
  set[vector >> 5] = (on ? word | bit : word & ~bit) >>> 0;
}

export class InterruptPriority {
  readonly state = initialPriority();

  /** 10.8.4: TMR tells at EOI whether the I/O APIC must hear of it. */
  request(vector: number, levelTriggered: boolean): void {
    change(this.state.irr, vector, true);
    change(this.state.tmr, vector, levelTriggered);
  }

  /** 10.8.3.1: the greater of the task's and the served interrupt's class; the task's sub-class counts only when its class wins. */
  get ppr(): number {
    const { tpr, isr } = this.state;
    const served = highest(isr) ?? 0;
    return tpr >> 4 >= served >> 4 ? tpr : served & 0xf0;
  }

  /** The requested vector that the processor would take now. */
  get deliverable(): number | undefined {
    const vector = highest(this.state.irr);
    return vector !== undefined && vector >> 4 > this.ppr >> 4 ? vector : undefined;
  }

  acknowledge(vector: number): void {
    change(this.state.irr, vector, false);
    change(this.state.isr, vector, true);
  }

  /** The vector whose service ended, and whether it was level-triggered. */
  endOfInterrupt(): { vector: number; levelTriggered: boolean } | undefined {
    const vector = highest(this.state.isr);
    if (vector === undefined) return undefined;
    change(this.state.isr, vector, false);
    return { vector, levelTriggered: includes(this.state.tmr, vector) };
  }
}
