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
];
