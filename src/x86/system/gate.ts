// The IDT gate of a delivery and its handler's code segment, checked as SDM vol 2 "INT n" (operation) and vol 3 ch. 7.12.1.1, 7.14.1 say.
import type { Cpu } from '../cpu';
import { faults } from '../fault';
import { Access, dplOf, SystemType } from './bits';
import { type Delivery, extOf, gateError, isSoftware } from './delivery';
import {
  type Descriptor,
  decodeGate,
  type Gate,
  isCode,
  isConforming,
  isNull,
  isPresent,
  readDescriptor,
  selectorError,
} from './descriptors';
import { isLongMode } from './mode';

const LEGACY_GATES: readonly number[] = [
  SystemType.taskGate,
  SystemType.interruptGate16,
  SystemType.trapGate16,
  SystemType.interruptGate32,
  SystemType.trapGate32,
];
const LONG_GATES: readonly number[] = [SystemType.interruptGate32, SystemType.trapGate32];

export function readGate(cpu: Cpu, d: Delivery): Gate {
  const { state, memory } = cpu;
  const long = isLongMode(state);
  const bytes = long ? 16 : 8;
  const code = gateError(d);
  if (d.vector * bytes + bytes - 1 > state.u32('idtrLimit')) throw faults.gp(code);
  const at = state.u64('idtrBase') + BigInt(d.vector * bytes);
  const raw = memory.read(at, 8, 'system');
  const gate = decodeGate(raw, long ? memory.read(at + 8n, 8, 'system') : undefined);
  const type = gate.access & (Access.type | Access.codeOrData);
  if (!(long ? LONG_GATES : LEGACY_GATES).includes(type)) throw faults.gp(code);
  if (isSoftware(d) && dplOf(gate.access) < state.u32('cpl')) throw faults.gp(code);
  if (!(gate.access & Access.present)) throw faults.np(code);
  return gate;
}

export interface Handler {
  descriptor: Descriptor;
  cpl: number;
}

/** The gate's code segment and the privilege level the handler runs at. */
export function readHandlerSegment(cpu: Cpu, d: Delivery, gate: Gate): Handler {
  const ext = extOf(d);
  const cpl = cpu.state.u32('cpl');
  if (isNull(gate.selector)) throw faults.gp(ext);
  const code = selectorError(gate.selector, ext);
  const descriptor = readDescriptor(cpu, gate.selector, faults.gp, ext);
  const dpl = dplOf(descriptor.access);
  if (!isCode(descriptor) || dpl > cpl) throw faults.gp(code);
  if (isLongMode(cpu.state) && (descriptor.access & (Access.L | Access.DB)) !== Access.L) throw faults.gp(code);
  if (!isPresent(descriptor)) throw faults.np(code);
  return { descriptor, cpl: isConforming(descriptor) ? cpl : dpl };
}

export const isTaskGate = (gate: Gate): boolean => (gate.access & Access.type) === SystemType.taskGate;
export const isInterruptGate = (gate: Gate): boolean => (gate.access & 1) === 0;
/** 16- or 32-bit frame of a legacy gate. */
export const gateSize = (gate: Gate): 2 | 4 => (gate.access & 8 ? 4 : 2);
