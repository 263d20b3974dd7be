// Looks whether the exits that were logged last repeat, for emit/exit-repeats.ts, and has the record of those that are only counted.
import { RECORD_SIZE, RecordField } from '../../trace/record-layout';
import type { QuickHost } from '../../x86/cpu';
import {
  cpuidEntry,
  EXIT_LOG,
  ExitCell,
  PORT_SIZE_SHIFT,
  PORT_WRITE,
  QUICK_EXITS,
  QuickExitCell,
  quickExitCells,
  REPEATED_EXIT,
  RepeatCell,
  SAMPLED_EXIT_BYTES,
  SIGNATURE_KIND,
} from '../record';
import type { EngineMemory } from '../vm-memory';

/** Exits alike behind one another, before the next is counted. */
const ALIKE = 4;
const WORDS = RECORD_SIZE >> 2;
const KIND = RecordField.kind >> 2;
const RESULT = (RecordField.fields + 4 * 8) >> 2;
/** What is the same in them: kind, VM and vCPU, RIP, and the fields of an exit. */
const SAME: readonly (readonly [number, number])[] = [
  [RecordField.kind, RecordField.virtualNs],
  [RecordField.rip, RecordField.fields + 5 * 8],
];

/** None of those before counts as the same. */
export function forgetExits({ view }: EngineMemory): void {
  view.setFloat64(RepeatCell.nextNs, Number.NaN, true);
}

export class ExitRepeats {
  private record = new Uint8Array();
  /** Of which the host is not told yet. */
  private times = 0;
  /** When the first that is counted happened, or will. */
  private firstNs = 0;

  constructor(private readonly memory: EngineMemory) {}

  /** Those that were counted become so many exits of their kind. */
  count(): void {
    const { u32 } = this.memory;
    const times = u32[RepeatCell.times >> 2]!;
    if (times === 0) return;
    u32[RepeatCell.times >> 2] = 0;
    const kind = (u32[RepeatCell.signature >> 2]! >>> SIGNATURE_KIND) - 1;
    u32[(quickExitCells(QUICK_EXITS[kind]!) + QuickExitCell.times) >> 2]! += times;
    this.times += times;
  }

  /** The host is told of them. */
  tell(quick: QuickHost | undefined): void {
    this.count();
    const { times, firstNs } = this;
    if (times === 0) return;
    const { view } = this.memory;
    this.times = 0;
    this.firstNs = view.getFloat64(RepeatCell.nextNs, true);
    quick?.repeated?.(this.record, times, firstNs, view.getFloat64(RepeatCell.stepNs, true));
  }

  /** The log has so many, which are told of: does the last of them go on? */
  learn(count: number): void {
    if (count < ALIKE) return;
    const { u32 } = this.memory;
    const last = (EXIT_LOG + (count - 1) * RECORD_SIZE) >> 2;
    // Mostly this tells, and no more of this file becomes hot.
    if (u32[last + RESULT] !== u32[last - WORDS + RESULT] || u32[last + KIND] !== u32[(ExitCell.head >> 2) + 1]) return;
    this.study(last << 2);
  }
  private study(last: number): void {
    const { u32, u8, view } = this.memory;
    const ns = (n: number): number => view.getFloat64(last - n * RECORD_SIZE + RecordField.virtualNs, true);
    const stepNs = ns(0) - ns(1);
    for (let n = 1; n < ALIKE; n++) {
      if (ns(n - 1) - ns(n) !== stepNs) return;
      const before = last - n * RECORD_SIZE;
      for (const [begin, end] of SAME)
        for (let at = begin; at < end; at += 4) if (u32[(before + at) >> 2] !== u32[(last + at) >> 2]) return;
    }
    if (!this.sign(last)) return;
    for (const half of [0, 4]) u32[(RepeatCell.rip + half) >> 2] = u32[(last + RecordField.rip + half) >> 2]!;
    this.record = u8.slice(last, last + RECORD_SIZE);
    u8.copyWithin(REPEATED_EXIT, last + RecordField.fields, last + RecordField.fields + SAMPLED_EXIT_BYTES);
    this.firstNs = ns(0) + stepNs;
    view.setFloat64(RepeatCell.stepNs, stepNs, true);
    view.setFloat64(RepeatCell.nextNs, this.firstNs, true);
  }

  /** What an exit's record says, as the interpreter knows it at the instruction: the entry of CPUID's answer; port, size and direction, and above those the value. False: it does not know. */
  private sign(record: number): boolean {
    const { u32 } = this.memory;
    const field = (n: number): number => u32[(record + RecordField.fields + n * 8) >> 2]!;
    const kind = QUICK_EXITS.findIndex((name) => u32[(quickExitCells(name) + QuickExitCell.reason) >> 2] === field(0));
    let [low, high] = [0, 0];
    if (QUICK_EXITS[kind] === 'cpuid') low = cpuidEntry(field(1), field(2));
    else if (QUICK_EXITS[kind] === 'io')
      [low, high] = [field(1) | (field(2) << PORT_SIZE_SHIFT) | (field(3) === 0 ? 0 : PORT_WRITE), field(4)];
    else return false;
    u32[RepeatCell.signature >> 2] = low | ((kind + 1) << SIGNATURE_KIND);
    u32[(RepeatCell.signature >> 2) + 1] = high;
    return true;
  }
}
