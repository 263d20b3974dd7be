// The register file in the groups a person looks for, each register with its width and what its bits say.
import type { RegisterFile } from '../../machine/control/types';
import { rootMask } from '../memory/tables-root';
import { apicText } from './apic';
import { decodeBits, REGISTER_BITS } from './bits.rows';
import { decodeSegment } from './segments';

export type GroupName = 'General' | 'Flags' | 'Segments' | 'Control' | 'MSRs' | 'x87' | 'SSE' | 'AVX' | 'Local APIC' | 'Paravirt';
export interface ShownRegister {
  readonly name: string;
  readonly value: bigint;
  /** In bits. */
  readonly width: number;
  readonly text: string;
}
export interface RegisterGroup {
  readonly name: GroupName;
  readonly registers: readonly ShownRegister[];
}

const GENERAL = 'rax rbx rcx rdx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip'.split(' ');
const SEGMENTS = 'cs ss ds es fs gs ldtr tr gdtr idtr'.split(' ');
const CONTROL = 'cr0 cr2 cr3 cr4 cr8 xcr0 efer dr0 dr1 dr2 dr3 dr6 dr7'.split(' ');
const WIDTH_16: ReadonlySet<string> = new Set(['fcw', 'fsw', 'ftw', 'fop', 'fcs', 'fds']);
const WIDTH_32: ReadonlySet<string> = new Set(['mxcsr', 'pkru', 'dr6', 'dr7']);
const X87 = 'st0 st1 st2 st3 st4 st5 st6 st7 fcw fsw ftw fop fip fdp fcs fds'.split(' ');
const INTERNAL: ReadonlySet<string> = new Set(['cpl']);

/** Bits of each single flag, for the Flags group. */
const FLAGS = REGISTER_BITS.rflags ?? [];

export function registerGroups(file: RegisterFile): RegisterGroup[] {
  const { values } = file;
  const rest = new Set(Object.keys(values).filter((name) => !INTERNAL.has(name)));
  const take = (names: readonly string[]): ShownRegister[] =>
    names.flatMap((name) => {
      const value = values[name];
      rest.delete(name);
      return value === undefined ? [] : [{ name, value, width: widthOf(name, file.mode), text: textOf(name, values) }];
    });
  const general = take(GENERAL);
  const flags = take(['rflags']);
  for (const { name, low, high } of flags.length > 0 ? FLAGS : []) {
    const bits = high - low + 1;
    const value = ((values.rflags ?? 0n) >> BigInt(low)) & ((1n << BigInt(bits)) - 1n);
    flags.push({ name, value, width: bits, text: '' });
  }
  const segments = take([...SEGMENTS, ...SEGMENTS.flatMap((name) => [`${name}.base`, `${name}.limit`, `${name}.access`])].sort(bySegment));
  const control = take(CONTROL);
  const sse = take([...numbered(rest, 'xmm'), 'mxcsr']);
  const x87 = take(X87);
  const avx = take([...rest].filter((name) => /^ymm\d+h$/.test(name)));
  const apic = take([...rest].filter((name) => name.startsWith('apic.')));
  const paravirt = take([...rest].filter((name) => /^(kvm|xen)\./.test(name)));
  const msrs = take([...rest]);
  const groups: RegisterGroup[] = [
    { name: 'General', registers: general },
    { name: 'Flags', registers: flags },
    { name: 'Segments', registers: segments },
    { name: 'Control', registers: control },
    { name: 'MSRs', registers: msrs },
    { name: 'x87', registers: x87 },
    { name: 'SSE', registers: sse },
    { name: 'AVX', registers: avx },
    { name: 'Local APIC', registers: apic },
    { name: 'Paravirt', registers: paravirt },
  ];
  return groups.filter(({ registers }) => registers.length > 0);
}

/** They follow from others, or are not the CPU's. */
export function isReadOnly(name: string): boolean {
  return /^(apic|kvm|xen)\./.test(name) || name === 'cpl';
}

function bySegment(a: string, b: string): number {
  return SEGMENTS.indexOf(a.split('.')[0] ?? '') - SEGMENTS.indexOf(b.split('.')[0] ?? '');
}

function numbered(names: ReadonlySet<string>, prefix: string): string[] {
  return [...names]
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .sort((a, b) => Number(a.slice(prefix.length)) - Number(b.slice(prefix.length)));
}

export function widthOf(name: string, mode: string): number {
  if (/^(xmm\d+|ymm\d+h)$/.test(name)) return 128;
  if (/^st\d$/.test(name)) return 80;
  if (/^apic\.(irr|isr|tmr)$/.test(name)) return 256;
  if (/^apic\.(?!base|icr)/.test(name)) return 32;
  if (/^(cs|ss|ds|es|fs|gs|ldtr|tr)$/.test(name) || /^[gi]dtr\.limit$/.test(name) || WIDTH_16.has(name)) return 16;
  if (name.endsWith('.limit') || name.endsWith('.access') || WIDTH_32.has(name)) return 32;
  return mode === 'long64' || !(GENERAL.includes(name) || name === 'rflags') ? 64 : 32;
}

function textOf(name: string, values: Readonly<Record<string, bigint>>): string {
  const value = values[name] ?? 0n;
  const bits = REGISTER_BITS[name];
  if (bits) return decodeBits(bits, value);
  const apic = apicText(name, value);
  if (apic !== undefined) return apic;
  if (name === 'cr3') return `table at 0x${(value & rootMask(values)).toString(16)}`;
  const access = name.endsWith('.access') ? value : values[`${name}.access`];
  if (access !== undefined) return decodeSegment(Number(access));
  return '';
}
