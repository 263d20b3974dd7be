// A XenHost of plain fields: 1 MiB of memory behind a map of frames, a settable clock, timers that the test fires, and a log of what was asked of it.
import type { Timer } from '../../../src/devices/ports';
import type { XenFrames, XenHost, XenRunState } from '../../../src/pv/xen/host-port';
import { XenInterface } from '../../../src/pv/xen/xen-interface';
import { Gpr, ModeBit } from '../../../src/x86/layout';
import { VcpuState } from '../../../src/x86/vcpu-state';

export const PAGE = 4096;
const PAGES = 256;

class FakeTimer implements Timer {
  deadlineNs: number | undefined;
  constructor(readonly onExpire: (atNs: number) => void) {}
  arm(atNs: number): void {
    this.deadlineNs = atNs;
  }
  cancel(): void {
    this.deadlineNs = undefined;
  }
}

export class FakeHost implements XenHost {
  readonly pages = PAGES;
  readonly ram = new Uint8Array(PAGES * PAGE);
  readonly view = new DataView(this.ram.buffer);
  readonly map = new Map<number, number>(Array.from({ length: PAGES }, (_, i) => [i, i]));
  readonly log: string[] = [];
  readonly domainId = 1;
  readonly domainName = 'test';
  readonly tscHz = 2_000_000_000;
  readonly wallClockBaseNs = 1_700_000_000_500_000_000n;
  readonly memoryMap = [
    { startGpa: 0, endGpa: 0xa0000, kind: 'ram' as const },
    { startGpa: 0xfeff_8000, endGpa: 0xff00_0000, kind: 'reserved' as const },
  ];
  ns = 1000;
  steps = 0;
  state: XenRunState = 'running';
  asleep = new Set<number>();
  console = '';
  private readonly all = new Map<string, FakeTimer>();

  constructor(readonly vcpuCount = 2) {}

  readonly timers = {
    create: (name: string, onExpire: (atNs: number) => void) => {
      const timer = new FakeTimer(onExpire);
      this.all.set(name, timer);
      return timer;
    },
  };
  /** Time goes on, and what is due happens. */
  until(ns: number): void {
    this.ns = ns;
    for (const timer of this.all.values()) {
      if (timer.deadlineNs === undefined || timer.deadlineNs > ns) continue;
      timer.deadlineNs = undefined;
      timer.onExpire(ns);
    }
  }

  readonly frames: XenFrames = {
    count: 0x14_0000,
    at: (gfn) => this.map.get(gfn) ?? 'hole',
    map: (gfn, page) => void this.map.set(gfn, page),
    unmap: (gfn) => void this.map.delete(gfn),
    readPage: (page, offset, length) => this.ram.slice(page * PAGE + offset, page * PAGE + offset + length),
    writePage: (page, offset, bytes) => this.ram.set(bytes, page * PAGE + offset),
  };
  private at(gpa: number): number | undefined {
    const page = this.map.get(Math.floor(gpa / PAGE));
    return page === undefined ? undefined : page * PAGE + (gpa % PAGE);
  }
  readonly memory = {
    read: (gpa: number, length: number) => {
      const out = new Uint8Array(length);
      for (let i = 0; i < length; i++) {
        const at = this.at(gpa + i);
        if (at === undefined) return undefined;
        out[i] = this.ram[at]!;
      }
      return out;
    },
    write: (gpa: number, bytes: Uint8Array) => {
      for (let i = 0; i < bytes.length; i++) if (this.at(gpa + i) === undefined) return false;
      for (const [i, byte] of bytes.entries()) this.ram[this.at(gpa + i)!] = byte;
      return true;
    },
  };
  nowNs = () => this.ns;
  guestTsc = () => BigInt(this.ns) * 2n;
  runStates = () => ({ state: this.state, sinceNs: 600, ns: [400, 150, 50, 0] as const });
  translate = (_vcpu: number, linear: bigint) => (linear < 1n << 40n ? { gpa: Number(linear), writable: true } : undefined);
  instructionRip = () => 0x1234n;
  isUp = () => true;
  sleep = (vcpu: number) => void this.asleep.add(vcpu);
  wake = (vcpu: number) => void this.asleep.delete(vcpu);
  yield = (vcpu: number) => void this.log.push(`yield ${vcpu}`);
  down = (vcpu: number) => void this.log.push(`down ${vcpu}`);
  up = (vcpu: number) => void this.log.push(`up ${vcpu}`);
  raiseNmi = (vcpu: number) => void this.log.push(`nmi ${vcpu}`);
  flushTlb = (vcpu: number) => void this.log.push(`flush ${vcpu}`);
  deliverVector = (vcpu: number, vector: number) => this.log.push(`vector ${vcpu} ${vector}`) > 0;
  setCallbackLine = (vcpu: number, level: boolean) => void (level && this.log.push(`line ${vcpu}`));
  setGsi = (gsi: number, level: boolean) => void this.log.push(`gsi ${gsi} ${level}`);
  consoleOutput = (byte: number) => {
    this.console += String.fromCharCode(byte);
  };
  emergencyOutput = (byte: number) => {
    this.console += String.fromCharCode(byte);
  };
  consoleInput = () => {};
  shutdown = (reason: string) => void this.log.push(`shutdown ${reason}`);
  message = (text: string) => void this.log.push(text);
  trace = () => {};
}

/** Where a test puts what it hands to calls. */
export const ARG = 0x8000;

export interface Guest {
  readonly host: FakeHost;
  readonly xen: XenInterface;
  readonly state: VcpuState;
  /** Makes a call until it is done; the value of RAX, signed. */
  call(nr: number, ...args: (number | bigint)[]): bigint;
  /** With a structure at ARG: what is written there, in pieces of [offset, size, value]. */
  struct(fields: readonly (readonly [number, 1 | 2 | 4 | 8, number | bigint])[]): number;
  u16(gpa: number): number;
  u32(gpa: number): number;
  u64(gpa: number): bigint;
  /** Calls that were not done at once. */
  pieces: number;
}

export function guest(vcpus = 2): Guest {
  const host = new FakeHost(vcpus);
  const xen = new XenInterface(host);
  xen.powerOn();
  const state = new VcpuState(new ArrayBuffer(0x1000), 0);
  state.setU32('mode', ModeBit.code64 | ModeBit.longMode);
  const view = (gpa: number, length: number) => new DataView(host.memory.read(gpa, length)!.buffer);
  const made: Guest = {
    ...{ host, xen, state, pieces: 0 },
    call(nr, ...args) {
      state.setGpr(Gpr.rax, BigInt(nr));
      [Gpr.rdi, Gpr.rsi, Gpr.rdx, Gpr.r10, Gpr.r8, Gpr.r9].forEach((register, i) => {
        state.setGpr(register, BigInt.asUintN(64, BigInt(args[i] ?? 0)));
      });
      for (;;) {
        state.setU64('rip', 0n);
        xen.hypercall(0, state);
        if (state.u64('rip') === 0n) return BigInt.asIntN(64, state.gpr(Gpr.rax));
        made.pieces++;
      }
    },
    struct(fields) {
      const bytes = new Uint8Array(64);
      const out = new DataView(bytes.buffer);
      for (const [offset, size, value] of fields) {
        if (size === 8) out.setBigUint64(offset, BigInt.asUintN(64, BigInt(value)), true);
        else if (size === 4) out.setUint32(offset, Number(value), true);
        else if (size === 2) out.setUint16(offset, Number(value), true);
        else out.setUint8(offset, Number(value));
      }
      host.memory.write(ARG, bytes);
      return ARG;
    },
    u16: (gpa) => view(gpa, 2).getUint16(0, true),
    u32: (gpa) => view(gpa, 4).getUint32(0, true),
    u64: (gpa) => view(gpa, 8).getBigUint64(0, true),
  };
  return made;
}
