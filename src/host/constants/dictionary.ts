// Finds what an identifier or a number in guest code stands for, however headers spell it: X86_CR4_SMEP, CR4_SMEP, MSR_EFER, MSR_IA32_EFER, X86_FEATURE_AVX2.
import type { ConstantEntry } from './entry';
import { hostMsrConstants } from './host-msrs';
import { paravirtConstants, paravirtMsrs } from './paravirt';
import { exitConstants, featureConstants, msrConstants, registerBitConstants } from './processor';

/** Spelled so only by some: Linux's msr-index.h, and names before the IA32_ ones. */
const msrAliases: Readonly<Record<string, string>> = {
  SYSCALLMASK: 'FMASK',
  SFMASK: 'FMASK',
  TSC: 'TIMESTAMPCOUNTER',
  CRPAT: 'PAT',
  APICBASE: 'APICBASE',
  TSCDEADLINE: 'TSCDEADLINE',
  SHADOWGSBASE: 'KERNELGSBASE',
};
const featureAliases: Readonly<Record<string, string>> = {
  PNI: 'sse3',
  XMM: 'sse',
  XMM2: 'sse2',
  XMM3: 'sse3',
  XMM41: 'sse4.1',
  XMM42: 'sse4.2',
  LM: 'lm',
};

const squeeze = (name: string): string => name.toUpperCase().replace(/[^A-Z0-9]/g, '');

export class ConstantDictionary {
  private readonly exact = new Map<string, ConstantEntry>();
  private readonly msrs = new Map<string, ConstantEntry>();
  private readonly msrNumbers = new Map<number, ConstantEntry>();
  private readonly bits = new Map<string, ConstantEntry>();
  private readonly features = new Map<string, ConstantEntry>();

  constructor() {
    for (const entry of [...paravirtConstants(), ...exitConstants()]) this.exact.set(entry.name, entry);
    for (const [index, entry] of [...hostMsrConstants(), ...msrConstants(), ...paravirtMsrs()]) {
      this.msrNumbers.set(index, entry);
      this.msrs.set(squeeze(entry.name.replace(/^IA32_/, '')), entry);
    }
    for (const entry of registerBitConstants()) this.bits.set(squeeze(entry.name), entry);
    for (const [row, entry] of featureConstants()) for (const name of [row.name, ...row.aliases]) this.features.set(squeeze(name), entry);
  }

  /** Of an identifier; undefined where it is none of ours. */
  identifier(word: string): ConstantEntry | undefined {
    return this.exact.get(word) ?? this.exact.get(`KVM_${word}`) ?? this.msr(word) ?? this.bit(word) ?? this.feature(word);
  }

  /** Of a number that is an MSR's index and hardly anything else. */
  number(value: number): ConstantEntry | undefined {
    return value >= 0x4000_0000 ? this.msrNumbers.get(value) : undefined;
  }

  get names(): string[] {
    return [...this.exact.keys()];
  }

  private msr(word: string): ConstantEntry | undefined {
    const match = /^(?:X86_)?(?:MSR_IA32_|MSR_AMD64_|MSR_|IA32_)(\w+)$/i.exec(word);
    if (!match?.[1]) return undefined;
    const name = squeeze(match[1]);
    return this.msrs.get(msrAliases[name] ?? name);
  }

  private bit(word: string): ConstantEntry | undefined {
    const match = /^_?(?:X86_)?(CR0|CR4|EFER|[ER]FLAGS|FLAGS|EFL|XCR0|XFEATURE_MASK)_(\w+?)(?:_BIT|_SHIFT|_MASK)?$/i.exec(word);
    if (!match?.[1] || !match[2]) return undefined;
    const register = /FL/i.test(match[1]) ? 'RFLAGS' : match[1] === 'XFEATURE_MASK' ? 'XCR0' : match[1];
    const name = squeeze(register + match[2]);
    return this.bits.get(name === 'EFERNX' ? 'EFERNXE' : name);
  }

  private feature(word: string): ConstantEntry | undefined {
    const match = /^(?:X86_FEATURE_|X86_CPUID_|CPUID_FEAT(?:URE)?_|CPUID_(?:[0-9A-F]+_)*(?:E?[ABCD]X_)?|bit_)(?:E[ABCD]X_)?(\w+)$/i.exec(
      word,
    );
    if (!match?.[1]) return undefined;
    const alias = featureAliases[match[1].toUpperCase().replaceAll('_', '')];
    return this.features.get(squeeze(alias ?? match[1]));
  }
}
