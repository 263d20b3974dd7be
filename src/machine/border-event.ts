// The MSR access or port I/O that a vCPU is about to make, if its next instruction is one: looked at from outside, before anything of it happens.
import { pvMsrRow } from '../pv/rows';
import { Gpr, ModeBit, Seg } from '../x86/layout';
import { MSR_ROWS } from '../x86/msr.rows';
import type { StopEvent } from './control/stop-types';
import { linearOf, readBytes } from './memory-access';
import type { Vcpu } from './vm/vcpu';
import type { Vm } from './vm/vm';

const MOST_BYTES = 15;
/** LOCK, segments, operand and address size, repetition. */
const PREFIXES: ReadonlySet<number> = new Set([0xf0, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65, 0x66, 0x67, 0xf2, 0xf3]);
const low32 = (value: bigint): bigint => value & 0xffff_ffffn;

export function borderEvent(vm: Vm, vcpu: Vcpu): StopEvent | undefined {
  const { state } = vcpu;
  const rip = state.u64('rip');
  const linear = BigInt.asUintN(64, state.segmentBase(Seg.cs) + rip);
  const bytes = readBytes(vm.engine, linear, MOST_BYTES, linearOf(vm.engine, vcpu.index));
  const mode = state.u32('mode');
  let at = 0;
  let wide = (mode & (ModeBit.code32 | ModeBit.code64)) !== 0;
  for (; PREFIXES.has(bytes[at]!); at++) if (bytes[at] === 0x66) wide = (mode & (ModeBit.code32 | ModeBit.code64)) === 0;
  if (mode & ModeBit.code64 && (bytes[at]! & 0xf0) === 0x40) at++;
  const event = (kind: 'msr' | 'port', name: string, fields: Record<string, bigint>): StopEvent => ({
    ...{ class: kind, name, rip, before: true },
    fields: { ...fields, cpl: BigInt(state.u32('cpl')) },
  });
  const opcode = bytes[at];
  if (opcode === 0x0f) {
    const write = bytes[at + 1] === 0x30;
    if (!write && bytes[at + 1] !== 0x32) return undefined;
    const msr = low32(state.gpr(Gpr.rcx));
    const value = (low32(state.gpr(Gpr.rdx)) << 32n) | low32(state.gpr(Gpr.rax));
    return event('msr', msrName(Number(msr)), { msr, write: write ? 1n : 0n, ...(write && { value }) });
  }
  const form = PORT_FORMS.find(({ first }) => opcode !== undefined && (opcode & ~1) === first);
  if (opcode === undefined || form === undefined) return undefined;
  const size = opcode & 1 ? (wide ? 4 : 2) : 1;
  const port = form.immediate ? BigInt(bytes[at + 1] ?? 0) : state.gpr(Gpr.rdx) & 0xffffn;
  const value = BigInt.asUintN(size * 8, state.gpr(Gpr.rax));
  const isKnown = form.write && !form.string;
  return event('port', '', { port, size: BigInt(size), write: form.write ? 1n : 0n, ...(isKnown && { value }) });
}

/** The CPU's, the hypervisor interface's, and the APIC's (SDM vol 4, table 2-2); else empty. */
export function msrName(index: number): string {
  const own = MSR_ROWS.find((row) => row.index === index)?.name ?? pvMsrRow(index)?.row.name;
  return own ?? HOST_MSRS[index] ?? '';
}
const HOST_MSRS: Readonly<Record<number, string>> = { 27: 'IA32_APIC_BASE', 1760: 'IA32_TSC_DEADLINE' };

interface PortForm {
  /** The byte form's opcode; the next is the word or doubleword form. */
  readonly first: number;
  readonly immediate: boolean;
  readonly write: boolean;
  readonly string: boolean;
}

const PORT_FORMS: readonly PortForm[] = [
  { first: 0xe4, immediate: true, write: false, string: false },
  { first: 0xe6, immediate: true, write: true, string: false },
  { first: 0xec, immediate: false, write: false, string: false },
  { first: 0xee, immediate: false, write: true, string: false },
  { first: 0x6c, immediate: false, write: false, string: true },
  { first: 0x6e, immediate: false, write: true, string: true },
];
