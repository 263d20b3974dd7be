// Where QEMU (TCG, 7.2) and Bochs (2.7) differ from the manual in the guest tests; the section is the one that they differ from.
import type { Known } from './known';

const TCG_LIMITS = 'TCG does not check segment limits in protected mode (SDM vol 3, 5.3)';

export const KNOWN_PEERS: readonly Known[] = [
  {
    engine: 'qemu',
    topic: 'far-transfers-32',
    checks: ['CALL through a gate to conforming code ... keeps CPL 3'],
    reason: "the RPL of CS is the gate's selector's, not CPL (SDM vol 2, CALL: CS(RPL) := CPL)",
  },
  { engine: 'qemu', topic: 'far-transfers-32', checks: ['target beyond the limit', 'SS1 without room'], reason: TCG_LIMITS },
  {
    engine: 'qemu',
    topic: 'far-transfers-32',
    checks: ['SS1 not present'],
    reason: '#TS where the new stack segment is not present (SDM vol 2, CALL: #SS(selector))',
  },
  {
    engine: 'qemu',
    topic: 'far-transfers-32',
    checks: ['RET: SS not present', 'IRET: SS not present'],
    reason: '#NP where the stack segment returned to is not present (SDM vol 2, RET, IRET: #SS(selector))',
  },
  {
    engine: 'bochs',
    topic: 'far-transfers-32',
    checks: ['IRET: SS not present'],
    reason: '#NP where the stack segment returned to is not present (SDM vol 2, IRET: #SS(selector))',
  },
  {
    engine: 'qemu',
    topic: 'interrupts-and-shadow',
    checks: ['LSS does not ... where'],
    reason: 'LSS holds the single-step trap back as MOV SS does (SDM vol 3, 6.8.3 names MOV SS and POP SS alone)',
  },
  {
    engine: 'qemu',
    topic: 'interrupts-and-shadow',
    checks: ['LOCK HLT at CPL 3'],
    reason: 'privilege before an invalid LOCK (SDM vol 3, table 6-2: #UD is a fault of decoding)',
  },
  {
    engine: 'bochs',
    topic: 'interrupts-and-shadow',
    checks: ['CR8 that lets it through'],
    reason: 'an interrupt that CR8 lets through comes some instructions later (SDM vol 3, 10.8.6: MOV to CR8 updates PPR)',
  },
  {
    engine: 'qemu',
    topic: 'double-fault',
    checks: ['#GP after #UD', 'null selector in the gate of #UD', '#NP after'],
    reason: 'EXT is never set in error codes of a delivery (SDM vol 3, 6.13)',
  },
  {
    engine: 'qemu',
    topic: 'double-fault',
    checks: ['#UD to a stack that is not canonical'],
    reason: 'EXT is never set in error codes of a delivery (SDM vol 3, 6.13)',
  },
  {
    engine: 'bochs',
    topic: 'double-fault',
    checks: ['#UD to a stack that is not canonical'],
    reason: 'the error code has the selector of the interrupted SS (SDM vol 2, INT n: #SS(EXT) with a 64-bit gate)',
  },
  {
    engine: 'qemu',
    topic: 'apic-timer',
    checks: ['software disable sets the mask'],
    reason: 'the LVT keeps its masks when the APIC is disabled (SDM vol 3, 10.4.7.2)',
  },
  {
    engine: 'qemu',
    topic: 'monitor',
    checks: ['leaf 5', 'MONITOR of a non-canonical', 'MONITOR of a page', 'an NMI ends it', '(end)'],
    reason: 'TCG leaves leaf 5 empty, MONITOR looks at no memory, and MWAIT is a long pause (SDM vol 2, MONITOR: as a byte load)',
  },
  {
    engine: 'bochs',
    topic: 'apic-timer',
    checks: ['TSC deadline: comes ... the MSR reads 0', 'leaving the mode disarms'],
    reason: 'IA32_TSC_DEADLINE keeps its value (SDM vol 3, 10.5.4.1: cleared when the timer fires or the mode is left)',
  },
  {
    engine: 'bochs',
    topic: 'apic-timer',
    checks: ['level: comes', 'masked: does not come'],
    reason: 'no remote IRR, and a line that stays up is not sent again after EOI (82093AA data sheet, 3.2.4)',
  },
  {
    engine: 'qemu',
    topic: 'real-mode-32',
    checks: [
      'a word at FFFFh',
      'a doubleword at FFFDh',
      'a 32-bit address above',
      'LODSW at FFFFh',
      'PUSH of a doubleword with SP = 2',
      'POP of a word at FFFFh',
      'back at 64 KiB',
      'IRETD to EIP above',
      'JMP far to EIP above',
      'JMP near to EIP above',
    ],
    reason: 'TCG does not check segment limits in real mode (SDM vol 3, 20.1.1)',
  },
  {
    engine: 'qemu',
    topic: 'x87-exceptions',
    checks: ['MMX with EM and TS', 'EMMS with'],
    reason: 'EMMS is not checked; #NM before #UD (SDM vol 3, table 12-1)',
  },
  {
    engine: 'qemu',
    topic: 'x87-exceptions',
    checks: ['division by zero, unmasked', 'unmasked when the flag is there'],
    reason: 'only FWAIT and a few others look for a pending #MF; results are written; FOP is not kept (SDM vol 1, 8.1.8, 8.7)',
  },
  {
    engine: 'qemu',
    topic: 'x87-exceptions',
    checks: ['stack overflow, unmasked', 'overflow of a store, unmasked', 'stack underflow'],
    reason: 'no stack faults, and unmasked exceptions do not keep results back (SDM vol 1, 8.5.1.1, 8.5.4)',
  },
  {
    engine: 'qemu',
    topic: 'x87-exceptions',
    checks: ['FNSTENV stores the control word as it is ... and masks'],
    reason: 'FNSTENV leaves the masks (SDM vol 2, FSTENV)',
  },
  {
    engine: 'qemu',
    topic: 'x87-exceptions',
    checks: ['FXRSTOR of a reserved bit of MXCSR', 'XSAVE with TS'],
    reason: 'reserved bits of MXCSR and CR0.TS are not looked at (SDM vol 2, FXRSTOR, XSAVE)',
  },
  {
    engine: 'qemu',
    topic: 'sse-exceptions',
    checks: [
      'division by zero, unmasked',
      'inexact, unmasked',
      'overflow, unmasked',
      'underflow, unmasked',
      'denormal operand',
      'signalling NaN, unmasked',
      'COMISS of a quiet NaN, unmasked',
      'CVTTSS2SI that does not fit, unmasked',
    ],
    reason: 'TCG raises no #XM, and DE is not set (SDM vol 1, 11.5)',
  },
  {
    engine: 'qemu',
    topic: 'sse-exceptions',
    checks: ['SSE with EM and TS', 'AVX with EM'],
    reason: '#NM before #UD, and EM counts for VEX (SDM vol 2, table 2-17 and following)',
  },
  {
    engine: 'qemu',
    topic: 'sse-exceptions',
    checks: ['LDMXCSR of a reserved bit', 'CVTDQ2PS: #GP(0)', 'MOVUPS store into a page'],
    reason:
      'reserved bits and one alignment are not checked; a store across pages is done in two (SDM vol 2, LDMXCSR, table 2-20; vol 3, 6.5)',
  },
  {
    engine: 'qemu',
    topic: 'smc-smp',
    checks: ['an aligned constant, written while it runs', 'by way of a breakpoint'],
    reason: 'TCG translates again before the store has landed, and keeps what it read (SDM vol 3, 8.1.3)',
  },
  {
    engine: 'bochs',
    topic: 'self-modifying',
    checks: [
      'an instruction across two pages ... whose second page is another frame',
      'second page not there',
      'second page execute-disabled',
    ],
    reason: 'the second page of a decoded instruction is not looked up again; CR2 and RIP are behind (SDM vol 3, 4.10.4.1, 6.15)',
  },
];
