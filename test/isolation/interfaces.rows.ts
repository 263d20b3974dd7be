// What a fuzzing guest does at each border to its host: one row per interface, an operation made from chance.
import { KVM_ROWS } from '../../src/pv/kvm/rows';
import { CONSOLE_GFN, STORE_GFN } from '../../src/pv/xen/layout';
import { XEN_ROWS } from '../../src/pv/xen/rows';
import { STORE_MESSAGES } from '../../src/trace/rows';
import type { Chance } from '../proof/random';
import * as A from './assemble';
import { Reg } from './assemble';
import { Place } from './guest';

export interface InterfaceRow {
  readonly name: string;
  readonly hypervisor: 'kvm' | 'xen' | 'none';
  readonly machine: 'minimal' | 'pc';
  operation(chance: Chance): A.Bytes;
}

const MEMORY_END = 8 << 20;
const SIZES = [1, 2, 4] as const;
const bits = (chance: Chance): bigint => (BigInt(chance.below(2 ** 32)) << 32n) | BigInt(chance.below(2 ** 32));

/** A number as somebody who wants to break things gives it. */
function wild(chance: Chance): bigint {
  switch (chance.below(10)) {
    case 0:
      return BigInt(chance.below(4));
    case 1:
      return BigInt(chance.below(300));
    case 2:
      return BigInt.asUintN(64, -BigInt(chance.below(5)));
    case 3:
      return (1n << BigInt(chance.below(64))) - BigInt(chance.below(2));
    case 4:
      return BigInt(chance.below(MEMORY_END));
    case 5:
      return BigInt(MEMORY_END - chance.below(0x60000));
    case 6:
      return bits(chance);
    case 7:
      return BigInt(chance.of([0xfee0_0000, 0xfec0_0000, 0xfeff_b000, 0xfeff_d000, 0xfed0_0000, 0xa0000, 0x7fff_ffff, 0xffff_ffff]));
    default:
      return BigInt(Place.scratch + chance.below(Place.scratchSize));
  }
}
const scratch = (chance: Chance): number => Place.scratch + chance.below(Place.scratchSize / 8) * 8 - chance.of([0, 0, 0, 0, 4]);
const byte = (chance: Chance): number => chance.below(256);
const word = (chance: Chance): number => chance.below(2 ** 32);

/** Waits for whatever comes. The timer of the local APIC is set, so that something does. */
const nap = (chance: Chance): A.Bytes => [
  ...A.storeFar(0xfee0_00f0, 0x1ff, 4),
  ...A.storeFar(0xfee0_03e0, 0xb, 4),
  ...A.storeFar(0xfee0_0320, 0x40 | (chance.below(2) << 17), 4),
  ...A.storeFar(0xfee0_0380, chance.of([1, 10, 1000]), 4),
  ...A.STI_HLT,
];
const common = (chance: Chance): A.Bytes => {
  switch (chance.below(6)) {
    case 0:
      return nap(chance);
    case 1:
      return A.STI_NOP_CLI;
    case 2:
      return A.store(scratch(chance), wild(chance));
    case 3:
      return A.cpuid(0x4000_0000 + chance.below(8) + chance.of([0, 0x100, 0x4000]), chance.below(4));
    default:
      return Array.from({ length: 4 }, () => A.store(scratch(chance), wild(chance))).flat();
  }
};

function kvm(chance: Chance): A.Bytes {
  const what = chance.below(8);
  if (what < 2) return common(chance);
  if (what < 4) {
    const { index } = chance.of(KVM_ROWS.msrs);
    return chance.below(4) === 0 ? A.rdmsr(index) : A.wrmsr(index, wild(chance) | BigInt(chance.below(2)));
  }
  const nr = chance.below(6) === 0 ? wild(chance) : BigInt(chance.of(KVM_ROWS.hypercalls).nr);
  const args = [Reg.rbx, Reg.rcx, Reg.rdx, Reg.rsi].flatMap((reg) => A.load(reg, wild(chance)));
  return [...args, ...A.load(Reg.rax, nr), ...chance.of([A.VMCALL, A.VMMCALL])];
}

const XEN_ARGS = [Reg.rdi, Reg.rsi, Reg.rdx, Reg.r10, Reg.r8, Reg.r9];
/** Fields of structures are of any width: small numbers beside each other, addresses, frames. */
const field = (chance: Chance): bigint => {
  switch (chance.below(5)) {
    case 0:
      return BigInt(chance.below(8)) | (BigInt(chance.below(70)) << 32n);
    case 1:
      return BigInt(chance.of([0x7ff0, 1, 0, 2])) | (BigInt(chance.below(8)) << 16n) | (BigInt(chance.below(1100)) << 32n);
    case 2:
      return BigInt(chance.below(MEMORY_END >> 12));
    case 3:
      return BigInt(chance.of([0x7ff0, 1])) | (wild(chance) << 32n);
    default:
      return wild(chance);
  }
};
const structure = (chance: Chance, at: number): A.Bytes => Array.from({ length: 6 }, (_, i) => A.store(at + i * 8, field(chance))).flat();
const xenCall = (chance: Chance): bigint => BigInt(chance.below(12) === 0 ? chance.below(64) : chance.of(XEN_ROWS.hypercalls).nr);
function xenArguments(chance: Chance, nr: bigint): bigint[] {
  const commands = XEN_ROWS.hypercalls.find((row) => BigInt(row.nr) === nr)?.commands;
  const list = BigInt(Place.scratch + chance.below(64) * 64);
  const first = commands === undefined ? list : BigInt(chance.below(12) === 0 ? chance.below(70) : chance.of(commands).nr);
  const count = chance.of([1n, 1n, 2n, 40n, BigInt(chance.below(5000)), wild(chance)]);
  if (commands === undefined) return [first, count];
  return [first, chance.below(5) === 0 ? wild(chance) : chance.of([list, BigInt(chance.below(2))]), chance.of([count, list])];
}

/** A message of XenStore, or garbage, in its ring, with the indexes that go with it or do not. */
function storeMessage(chance: Chance): A.Bytes {
  const ring = STORE_GFN * 4096;
  const type = chance.below(12) === 0 ? word(chance) : chance.below(STORE_MESSAGES.length);
  const text = [...chance.of(['a\0b', 'x/y\0', '/\0t\0', 'T\0', 'F\0', '\0', `${'p/'.repeat(chance.below(30))}q\0`, '@a\0', '%\0'])];
  const payload = text.map((each) => each.charCodeAt(0));
  const length = chance.below(10) === 0 ? word(chance) : payload.length;
  const bytes = [...A.le(type, 4), ...A.le(1, 4), ...A.le(chance.of([0, 0, 0, 1, 2]), 4), ...A.le(length, 4), ...payload];
  while (bytes.length % 8 !== 0) bytes.push(0);
  const from = chance.below(128) * 8;
  const words = Array.from({ length: bytes.length / 8 }, (_, i) => bytes.slice(i * 8, i * 8 + 8));
  const stores = words.flatMap((each, i) =>
    A.storeFar(
      ring + ((from + i * 8) % 1024),
      each.reduceRight((sum, b) => sum * 256n + BigInt(b), 0n),
      8,
    ),
  );
  const wildly = chance.below(8) === 0;
  const consumer = wildly ? word(chance) : from;
  const producer = wildly ? word(chance) : from + 16 + payload.length;
  const answers = chance.below(4) === 0 ? A.storeFar(ring + 2056, BigInt(chance.below(2) ? word(chance) : 0), 4) : [];
  const connection = chance.below(20) === 0 ? A.storeFar(ring + 2068, 1n, 4) : [];
  return [
    ...stores,
    ...A.storeFar(ring + 2048, BigInt(consumer), 4),
    ...A.storeFar(ring + 2052, BigInt(producer), 4),
    ...answers,
    ...connection,
  ];
}
const send = (chance: Chance): A.Bytes => [
  ...A.store(Place.scratch, BigInt(chance.of([1, 1, 2, 2, chance.below(1100)]))),
  ...A.load(Reg.rdi, 4),
  ...A.load(Reg.rsi, Place.scratch),
  ...A.load(Reg.rax, 32),
  ...A.VMCALL,
];

function xen(chance: Chance): A.Bytes {
  const what = chance.below(16);
  if (what < 2) return common(chance);
  if (what < 6) return structure(chance, Place.scratch + chance.below(64) * 64);
  if (what === 6) return storeMessage(chance);
  if (what === 7) return send(chance);
  if (what === 8) return [...storeMessage(chance), ...send(chance)];
  if (what === 9) {
    const ring = CONSOLE_GFN * 4096;
    if (chance.below(4) === 0) {
      // Nearly full.
      const consumer = word(chance);
      const indexes = BigInt(consumer) | (BigInt((consumer + 1900 + chance.below(200)) >>> 0) << 32n);
      return [...A.storeFar(ring + 3080, indexes, 8), ...send(chance)];
    }
    return Array.from({ length: 3 }, () =>
      A.storeFar(ring + chance.of([3072, 3076, 3080, 3084, chance.below(3072)]), word(chance) % chance.of([3000, 2 ** 32]), 4),
    ).flat();
  }
  if (what === 10) {
    // A multicall's list.
    const at = Place.scratch + chance.below(64) * 64;
    return Array.from({ length: 3 }, (_, i) => {
      const nr = xenCall(chance);
      const args = xenArguments(chance, nr);
      return [...A.store(at + i * 64, nr), ...args.flatMap((value, each) => A.store(at + i * 64 + 16 + each * 8, value))];
    }).flat();
  }
  const nr = xenCall(chance);
  const args = xenArguments(chance, nr);
  return [
    ...XEN_ARGS.flatMap((reg, i) => A.load(reg, args[i] ?? wild(chance))),
    ...A.load(Reg.rax, nr),
    ...chance.of([A.VMCALL, A.VMMCALL]),
  ];
}

/** Ports and windows where devices are, and anywhere else. */
const PORTS = [
  0x20, 0x40, 0x60, 0x70, 0x80, 0x92, 0xa0, 0xd0, 0xe0, 0xe8, 0xf0, 0x3b0, 0x3c0, 0x3d0, 0x3f8, 0x4d0, 0x510, 0x514, 0x600, 0xcf8, 0xcfc,
  0x2000, 0xc000,
];
const WINDOWS = [0xa0000, 0xb8000, 0xfec0_0000, 0xfed0_0000, 0xfed0_0100, 0xfee0_0000, 0xff00_0000, 0xfe00_0000, 0xfd00_0000, 0xe000_0000];
/** Ports by which a guest ends itself: seldom, so that there is something to end. */
const ENDING = [0xf4, 0x64, 0xcf9, 0x92, 0x604];

function devices(chance: Chance): A.Bytes {
  const what = chance.below(10);
  if (what === 0) return common(chance);
  if (what < 7) {
    const port = chance.below(6) === 0 ? chance.below(65536) : chance.of(PORTS) + chance.below(16);
    const size = chance.of([1, 1, 1, 2, 4] as const);
    if (ENDING.some((each) => each >= port && each < port + size) && chance.below(200) !== 0) return A.STI_NOP_CLI;
    return chance.below(3) === 0 ? A.input(port, size) : A.out(port, chance.of([byte(chance), word(chance), 0, Place.scratch]), size);
  }
  const at = chance.of(WINDOWS) + chance.below(chance.of([0x40, 0x400, 0x10000]));
  const size = chance.of([1, 2, 4, 8] as const);
  return chance.below(3) === 0 ? A.loadFar(at, size) : A.storeFar(at, chance.of([wild(chance), BigInt(word(chance))]), size);
}

const MSRS = [
  0x10, 0x1b, 0x3a, 0x3b, 0x48, 0x49, 0x8b, 0xc1, 0xcd, 0x10a, 0x10b, 0x174, 0x175, 0x176, 0x179, 0x17a, 0x186, 0x1a0, 0x1d9, 0x200, 0x250,
  0x277, 0x2ff, 0x309, 0x345, 0x38d, 0x38f, 0x400, 0x480, 0x6e0, 0xda0, 0xc000_0080, 0xc000_0081, 0xc000_0082, 0xc000_0084, 0xc000_0100,
  0xc000_0101, 0xc000_0102, 0xc000_0103, 0xc001_0015,
];
function processor(chance: Chance): A.Bytes {
  switch (chance.below(14)) {
    case 0:
      return common(chance);
    case 1:
      return [...A.load(Reg.rax, wild(chance)), 0x0f, 0x22, 0xc0 | (chance.of([0, 2, 3, 4]) << 3)];
    case 2:
      return [0x0f, 0x20, 0xc0, ...A.load(Reg.rcx, 1n << BigInt(chance.below(32))), 0x48, 0x31, 0xc8, 0x0f, 0x22, 0xc0];
    case 3:
      return [0x0f, 0x20, 0xe0, ...A.load(Reg.rcx, 1n << BigInt(chance.below(32))), 0x48, 0x31, 0xc8, 0x0f, 0x22, 0xe0];
    case 4:
      return [...A.load(Reg.rax, wild(chance)), 0x0f, 0x23, 0xc0 | (chance.below(8) << 3)];
    case 5: {
      const index = chance.below(3) === 0 ? chance.below(0x1000) : chance.of(MSRS);
      return chance.below(4) === 0 ? A.rdmsr(index) : A.wrmsr(index, wild(chance));
    }
    case 6: {
      // A page table's entry, and an access by it.
      const table = chance.of([Place.pdLow, Place.pdDevices, Place.pdpt, Place.pml4, Place.scratch]);
      const entry = chance.of([wild(chance), BigInt(Place.scratch | 0xe7), BigInt(Place.pml4 | 7), bits(chance)]);
      const address = BigInt(chance.of([0x20_0000 * (5 + chance.below(500)), 0x4000_0000, 0xfec0_0000])) | (BigInt(chance.below(8)) << 39n);
      return [
        ...A.storeFar(table + 8 * (5 + chance.below(500)), entry, 8),
        ...A.load(Reg.rax, address),
        0x0f,
        0x01,
        0x38,
        ...A.storeFar(address, 1, chance.of([1, 4, 8] as const)),
      ];
    }
    case 7: {
      const at = scratch(chance);
      return [
        ...A.store(at, wild(chance)),
        ...A.store(at + 8, wild(chance)),
        0x0f,
        0x01,
        ...chance.of([[0x14], [0x1c]]),
        0x25,
        ...A.le(at, 4),
      ];
    }
    case 8:
      // A descriptor, and a selector for it.
      return [
        ...A.store(Place.gdt + 24 + chance.below(8) * 8, wild(chance)),
        ...A.load(Reg.rax, 24 + chance.below(64)),
        ...chance.of([
          [0x0f, 0x00, 0xd0],
          [0x0f, 0x00, 0xd8],
          [0x8e, 0xd8],
          [0x8e, 0xe0],
          [0x8e, 0xe8],
          [0x8e, 0xd0],
        ]),
      ];
    case 9:
      return [0xcd, byte(chance)];
    case 10:
      return [
        ...Array.from({ length: 5 }, () => [...A.load(Reg.rax, wild(chance)), 0x50]).flat(),
        ...chance.of([[0x48, 0xcf], [0xcf], [0x48, 0xcb], [0xcb]]),
      ];
    case 11:
      return A.store(Place.idt + chance.below(512) * 8, wild(chance));
    case 12:
      return [
        ...A.load(Reg.rcx, wild(chance)),
        ...A.load(Reg.r10, wild(chance)),
        ...chance.of([
          [0x0f, 0x05],
          [0x48, 0x0f, 0x07],
          [0x0f, 0x34],
          [0x0f, 0x35],
          [0x0f, 0x01, 0xd1],
          [0x0f, 0xaa],
        ]),
      ];
    default:
      return Array.from({ length: 3 + chance.below(12) }, () => byte(chance));
  }
}

/** Local and I/O APIC, also of the other vCPU, which starts wherever a SIPI says. */
function apic(chance: Chance): A.Bytes {
  switch (chance.below(9)) {
    case 0:
      return common(chance);
    case 1:
      return A.wrmsr(0x1b, chance.of([0xfee0_0900n, 0xfee0_0d00n, 0xfee0_0100n, wild(chance)]));
    case 2:
      return chance.below(3) === 0 ? A.rdmsr(0x800 + chance.below(0x40)) : A.wrmsr(0x800 + chance.below(0x40), wild(chance));
    case 3:
      return [
        ...A.storeFar(0xfee0_0310, chance.of([0x0100_0000, 0xff00_0000, 0, word(chance)]), 4),
        ...A.storeFar(0xfee0_0300, chance.of([0x4500, 0x4600 | byte(chance), 0x4040, 0xc4040, word(chance)]), 4),
      ];
    case 4:
      return [
        ...A.storeFar(0xfec0_0000, chance.below(0x44), 4),
        ...A.storeFar(0xfec0_0010, chance.of([word(chance), 0x40, 0x8040, 0x700, 0x400]), 4),
      ];
    case 5:
      return A.wrmsr(0x6e0, chance.of([wild(chance), 1n, bits(chance)]));
    case 6:
      return A.out(0x2000 + chance.below(24), chance.below(2), 4);
    default: {
      const at = 0xfee0_0000 + chance.below(0x40) * 16;
      return chance.below(4) === 0
        ? A.loadFar(at, chance.of(SIZES))
        : A.storeFar(at, chance.of([word(chance), byte(chance), 0x2_0040, 0x4_0040]), chance.of([4, 4, 4, 1, 8] as const));
    }
  }
}

export const INTERFACES: readonly InterfaceRow[] = [
  { name: 'kvm', hypervisor: 'kvm', machine: 'minimal', operation: kvm },
  { name: 'xen', hypervisor: 'xen', machine: 'pc', operation: xen },
  { name: 'devices', hypervisor: 'none', machine: 'pc', operation: devices },
  { name: 'apic', hypervisor: 'kvm', machine: 'pc', operation: apic },
  { name: 'processor', hypervisor: 'kvm', machine: 'minimal', operation: processor },
  {
    name: 'code',
    hypervisor: 'none',
    machine: 'minimal',
    operation: (chance) => Array.from({ length: 2 + chance.below(14) }, () => byte(chance)),
  },
];
