// What the scripted adapter answers to custom requests: plausible, fixed, and long where panels must cope with length.
import type { RegisterGroup, Requests, TraceRow } from '../../../src/protocol/requests';
import { toHex } from '../../../src/protocol/wire';

const group = (
  name: RegisterGroup['name'],
  width: number,
  entries: [string, bigint, string?][],
  changed: string[] = [],
): RegisterGroup => ({
  name,
  registers: entries.map(([register, value, text = '']) => ({
    name: register,
    value: toHex(value),
    width,
    text,
    changed: changed.includes(register),
    readOnly: false,
  })),
});

export const registers = (vcpu: number): Requests['hyperscope/registers']['answer'] => ({
  vcpu,
  mode: 'long64',
  cpl: 0,
  activity: vcpu === 0 ? 'running' : 'halted',
  groups: [
    group(
      'General',
      64,
      [
        ['rax', 10n],
        ['rbx', 2n],
        ['rcx', 0n],
        ['rdx', 1n],
        ['rsi', 0x4040n],
        ['rdi', 0xffffffff80102030n],
        ['rbp', 0xffffffff8010ff40n],
        ['rsp', 0xffffffff8010ff18n],
        ['r8', 0n],
        ['r9', 0n],
        ['rip', 0xffffffff80100a40n, 'hypercall+0x10'],
      ],
      ['rax', 'rip'],
    ),
    group('Flags', 64, [['rflags', 0x246n, 'PF ZF IF']]),
    group('Segments', 16, [
      ['cs', 8n, '64-bit code, DPL 0'],
      ['ss', 0x10n, 'data, writable, DPL 0'],
      ['ds', 0n, 'null'],
    ]),
    group('Control', 64, [
      ['cr0', 0x80010033n, 'PG WP NE ET MP PE'],
      ['cr2', 0n],
      ['cr3', 0x103000n, 'tables at 0x103000'],
      ['cr4', 0x20n, 'PAE'],
    ]),
    group('MSRs', 64, [
      ['IA32_EFER', 0x500n, 'LMA LME'],
      ['IA32_APIC_BASE', 0xfee00900n, 'enabled, BSP'],
    ]),
    group('SSE', 128, [
      ['xmm0', 0x0123456789abcdef0011223344556677n],
      ['xmm1', 0n],
    ]),
  ],
});

const step = (name: string, index: number, entryGpa: string, value: string, outcome: string) => ({
  name,
  entryGpa,
  value,
  index,
  outcome,
  bits: [
    { name: 'P', bit: 0, width: 1, value: 1, meaning: 'present' },
    { name: 'R/W', bit: 1, width: 1, value: 1, meaning: 'writable' },
    { name: 'U/S', bit: 2, width: 1, value: 0, meaning: 'supervisor only' },
    { name: 'A', bit: 5, width: 1, value: 1, meaning: 'accessed' },
    { name: 'address', bit: 12, width: 40, value: 0x104, meaning: 'physical address 0x104000' },
    { name: 'XD', bit: 63, width: 1, value: 0, meaning: 'instructions may be fetched' },
  ],
});

export const walk = (address: string): Requests['hyperscope/walk']['answer'] =>
  address.startsWith('0xdead')
    ? {
        linear: address,
        mode: '4-level',
        cr3: '0x103000',
        steps: [step('PML4E', 0, '0x103000', '0x0', 'not-present')],
        result: null,
        problem: 'the PML4E is not present',
        symbol: '',
      }
    : {
        linear: '0xffffffff80100a40',
        mode: '4-level',
        cr3: '0x103000',
        steps: [
          step('PML4E', 511, '0x103ff8', '0x104063', 'table'),
          step('PDPTE', 510, '0x104ff0', '0x105063', 'table'),
          step('PDE', 0, '0x105000', '0xe3', 'page'),
        ],
        result: { gpa: '0x100a40', pageSize: 2 << 20, flags: ['writable', 'executable', 'global', 'accessed', 'dirty'] },
        problem: null,
        symbol: 'hypercall+0x10',
      };

export const mappedRanges = (): Requests['hyperscope/mappedRanges']['answer'] => ({
  cr3: '0x103000',
  moment: '0',
  ranges: Array.from({ length: 60 }, (_, i) => ({
    start: toHex(0xffffffff80000000n + BigInt(i) * 0x400000n),
    end: toHex(0xffffffff80000000n + BigInt(i) * 0x400000n + 0x200000n),
    gpa: toHex(i * 0x200000),
    pageSize: 2 << 20,
    flags: [...(i % 2 ? ['writable'] : []), ...(i % 3 ? [] : ['executable']), 'global'],
    symbol: i === 0 ? '_start … _end' : '',
  })),
  next: null,
});

export const traceRow = (seq: number): TraceRow =>
  seq % 3 === 0
    ? {
        seq,
        kind: 'hypercall',
        vcpu: seq % 2,
        virtualNs: seq * 1500,
        durationNs: 1200,
        name: 'SEND_IPI',
        args: `mask_low=+${seq % 2}, mask_high=none, lowest=0, icr=vector 0x40, fixed`,
        result: '1',
        rip: '0xffffffff80100a40',
      }
    : {
        seq,
        kind: 'vm-exit',
        vcpu: seq % 2,
        virtualNs: seq * 1500,
        durationNs: 900,
        name: 'IO_INSTRUCTION',
        args: `port=0x3f8 size=1 value=0x${(0x20 + (seq % 90)).toString(16)}`,
        result: '',
        rip: '0xffffffff80100b10',
      };

export const time = (nowNs: number): Requests['hyperscope/time']['answer'] => {
  const slice = 5e6;
  const bands: Requests['hyperscope/time']['answer']['bands'] = [];
  for (let start = 0; start < nowNs; start += slice)
    for (const vcpu of [0, 1]) {
      const turn = (start / slice + vcpu) % 3;
      bands.push({
        vcpu,
        state: turn === 0 ? 'running' : turn === 1 ? 'runnable' : 'blocked',
        startNs: start,
        endNs: Math.min(nowNs, start + slice),
        pcpu: turn === 0 ? 0 : -1,
      });
    }
  const third = nowNs / 3;
  return {
    nowNs,
    pcpus: 1,
    bands,
    clocks: [],
    vcpus: [0, 1].map((vcpu) => ({ vcpu, name: `vCPU ${vcpu}`, runningNs: third, runnableNs: third, blockedNs: third, offlineNs: 0 })),
  };
};

export const screen = (): Requests['hyperscope/screen']['answer'] => {
  const cells = Buffer.alloc(4000, ' \x07');
  [...'hello from the guest'].forEach((character, column) => {
    cells[2 * column] = character.charCodeAt(0);
  });
  const palette = Buffer.from(Array.from({ length: 48 }, (_, i) => (i >> 3 === 2 ? 0xaa : 0x00)));
  return {
    kind: 'text',
    shown: 1,
    columns: 80,
    rows: 25,
    cells: cells.toString('base64'),
    cursor: { column: 20, row: 0, startLine: 13, endLine: 14 },
    cellLines: 16,
    blink: true,
    palette: palette.toString('base64'),
  };
};
