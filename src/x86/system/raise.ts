// A delivery and what follows when it faults itself: serial handling, double fault, shutdown (SDM vol 3 ch. 7.15, interrupt 8, tables 7-4 and 7-5).
import type { Cpu } from '../cpu';
import { CpuFault, Vector } from '../fault';
import { Activity, Seg } from '../layout';
import { deliver } from './deliver';
import { type Delivery, fromFault } from './delivery';

type FaultClass = 'benign' | 'contributory' | 'page-fault' | 'double-fault';

const CONTRIBUTORY: readonly number[] = [Vector.DE, Vector.TS, Vector.NP, Vector.SS, Vector.GP, Vector.CP];
const PAGE_FAULTS: readonly number[] = [Vector.PF, Vector.VE];

function classOf(d: Delivery): FaultClass {
  if (d.kind !== 'exception') return 'benign';
  if (d.vector === Vector.DF) return 'double-fault';
  if (PAGE_FAULTS.includes(d.vector)) return 'page-fault';
  return CONTRIBUTORY.includes(d.vector) ? 'contributory' : 'benign';
}

/** Table 7-5: what `second`, raised while `first` was being delivered, leads to. */
export function combineFaults(first: Delivery, second: CpuFault): Delivery | 'shutdown' {
  const a = classOf(first);
  const b = classOf(fromFault(second));
  if (b === 'benign') return fromFault(second);
  if (a === 'double-fault') return 'shutdown';
  const double = (a === 'contributory' && b === 'contributory') || a === 'page-fault';
  return double ? { vector: Vector.DF, kind: 'exception', errorCode: 0 } : fromFault(second);
}

/** One exception of a chain; `cs:rip` is the guilty instruction. Equal to the engine's FaultRecord. */
export interface RaisedFault {
  vector: number;
  errorCode: number | undefined;
  address: bigint | undefined;
  cs: number;
  rip: bigint;
}

export interface RaiseResult {
  shutdown: boolean;
  /** After a fault of a delivery every exception that occurred, first one first; #DF itself is not listed: it is how the last but one was delivered. A triple fault has three (or more). */
  chain: readonly RaisedFault[];
}

function record(cpu: Cpu, fault: Delivery | CpuFault): RaisedFault {
  const { vector, errorCode, address } = fault;
  return { vector, errorCode, address, cs: cpu.state.segment(Seg.cs).selector, rip: cpu.state.u64('rip') };
}

/** Delivers, combining faults as they come. After a shutdown S.activity says so and nothing else has changed (but CR2). */
export function raise(cpu: Cpu, first: Delivery): RaiseResult {
  const chain: RaisedFault[] = [];
  let current = first;
  for (;;) {
    try {
      deliver(cpu, current);
      return { shutdown: false, chain };
    } catch (fault) {
      if (!(fault instanceof CpuFault)) throw fault;
      // A delivery that fails has changed nothing that is recorded.
      if (chain.length === 0) chain.push(record(cpu, first));
      if (fault.vector === Vector.PF && fault.address !== undefined) cpu.state.setU64('cr2', fault.address);
      chain.push(record(cpu, fault));
      const next = combineFaults(current, fault);
      if (next === 'shutdown') {
        cpu.state.setU32('activity', Activity.shutdown);
        return { shutdown: true, chain };
      }
      current = next;
    }
  }
}
