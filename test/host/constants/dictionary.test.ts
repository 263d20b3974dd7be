import assert from 'node:assert/strict';
import { ConstantDictionary } from '../../../src/host/constants/dictionary';
import { PV_INTERFACES } from '../../../src/pv/rows';

describe('hover help over constants', () => {
  const dictionary = new ConstantDictionary();
  const what = (word: string) => dictionary.identifier(word)?.what;

  it('knows every hypercall, feature, MSR and error by the name in the header', () => {
    for (const { title, hypercalls, features, msrs, errors } of PV_INTERFACES) {
      for (const { symbol, nr } of hypercalls) assert.equal(what(symbol), `${title} hypercall ${nr}`);
      for (const { name, commands = [] } of hypercalls)
        for (const { symbol, nr } of commands) assert.equal(what(symbol), `command ${nr} of ${name}`);
      for (const { symbol, bit } of features) assert.match(what(symbol) ?? '', new RegExp(`bit ${bit}$`));
      for (const { name, index } of msrs) assert.match(what(name) ?? '', new RegExp(`0x${index.toString(16)}\\b`));
      for (const { name, value } of errors) assert.match(what(name) ?? '', new RegExp(`${value}$`));
    }
  });
  for (const [word, expected] of [
    ['X86_CR4_SMEP', 'CR4 bit 20'],
    ['X86_CR4_SMEP_BIT', 'CR4 bit 20'],
    ['CR0_PG', 'CR0 bit 31'],
    ['EFER_LME', 'EFER bit 8'],
    ['_EFER_NX', 'EFER bit 11'],
    ['X86_EFLAGS_IF', 'RFLAGS bit 9'],
    ['MSR_EFER', 'MSR 0xc0000080'],
    ['MSR_IA32_EFER', 'MSR 0xc0000080'],
    ['IA32_EFER', 'MSR 0xc0000080'],
    ['MSR_SYSCALL_MASK', 'MSR 0xc0000084'],
    ['MSR_KERNEL_GS_BASE', 'MSR 0xc0000102'],
    ['MSR_IA32_CR_PAT', 'MSR 0x277'],
    ['MSR_IA32_APICBASE', 'MSR 0x1b'],
    ['MSR_IA32_TSC_DEADLINE', 'MSR 0x6e0'],
    ['X86_FEATURE_AVX2', 'CPUID 0x7 EBX bit 5'],
    ['X86_FEATURE_XMM4_2', 'CPUID 0x1 ECX bit 20'],
    ['CPUID_7_0_EBX_SMEP', 'CPUID 0x7 EBX bit 7'],
    ['bit_POPCNT', 'CPUID 0x1 ECX bit 23'],
    ['EXIT_REASON_CPUID', 'VM exit reason 10'],
    ['HC_SEND_IPI', 'KVM hypercall 10'],
    ['KVM_CPUID_SIGNATURE', 'CPUID 0x40000000'],
  ] as const)
    it(`${word}: ${expected}`, () => assert.equal(what(word), expected));
  it('says nothing about ordinary names', () => {
    for (const word of ['tsc', 'star', 'pat', 'main', 'CR', 'MSR_', 'efer', 'bit_of_luck', 'IA32', 'cr3', 'flags_set'])
      assert.equal(dictionary.identifier(word), undefined, word);
  });
  it('knows the numbers of MSRs that can be nothing else', () => {
    assert.equal(dictionary.number(0xc0000080)?.name, 'IA32_EFER');
    assert.equal(dictionary.number(0x4b564d03)?.name, 'MSR_KVM_STEAL_TIME');
    assert.equal(dictionary.number(0x10), undefined);
  });
});
