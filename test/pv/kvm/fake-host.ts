// A KvmHost of plain fields: 64 KiB of memory, a settable clock, and a log of what was asked of it.
import type { KvmHost } from '../../../src/pv/kvm/host-port';
import { KvmInterface, type KvmOptions } from '../../../src/pv/kvm/kvm-interface';
import { EVENT_ROWS } from '../../../src/trace/rows';
import { Gpr, ModeBit } from '../../../src/x86/layout';
import { VcpuState } from '../../../src/x86/vcpu-state';

export const RAM = 0x1_0000;
export const WALL_BASE_NS = 1_700_000_000_123_456_789n;

export class FakeHost implements KvmHost {
  readonly ram = new Uint8Array(RAM);
  readonly view = new DataView(this.ram.buffer);
  readonly log: string[] = [];
  readonly tscHz = 2_000_000_000;
  readonly wallClockBaseNs = WALL_BASE_NS;
  ns = 1000;
  tscOffset: bigint[] = [];
  steal: number[] = [];
  waiting = new Set<number>();
  halted = new Set<number>();
  /** APIC id → vCPU; id = vCPU unless set. */
  apicIds: Map<number, number>;
  refuses = new Set<number>();
  apics: { inService: number; pending: boolean; broadcast: boolean; eois: number }[];

  constructor(readonly vcpuCount = 4) {
    this.apicIds = new Map(Array.from({ length: vcpuCount }, (_, i) => [i, i]));
    this.apics = Array.from({ length: vcpuCount }, () => ({ inService: -1, pending: false, broadcast: false, eois: 0 }));
  }

  readonly memory = {
    read: (gpa: number, length: number) => (gpa >= 0 && gpa + length <= RAM ? this.ram.slice(gpa, gpa + length) : undefined),
    write: (gpa: number, bytes: Uint8Array) => {
      if (gpa < 0 || gpa + bytes.length > RAM) return false;
      this.ram.set(bytes, gpa);
      return true;
    },
  };
  nowNs = () => this.ns;
  guestTsc = (vcpu: number) => BigInt.asUintN(64, BigInt(this.ns) * 2n + (this.tscOffset[vcpu] ?? 0n));
  stealNs = (vcpu: number) => this.steal[vcpu] ?? 0;
  isWaiting = (vcpu: number) => this.waiting.has(vcpu);
  isHalted = (vcpu: number) => this.halted.has(vcpu);
  vcpuOfApicId = (apicId: number) => this.apicIds.get(apicId);
  wakeFromHalt = (vcpu: number, by: number) => {
    this.halted.delete(vcpu);
    this.log.push(`wake ${vcpu} by ${by}`);
  };
  sendIpi = (from: number, to: number, icr: number) => {
    this.log.push(`ipi ${from}>${to} 0x${icr.toString(16)}`);
    return !this.refuses.has(to);
  };
  yieldTo = (from: number, to: number) => {
    this.log.push(`yield ${from}>${to}`);
    return true;
  };
  flushTlb = (vcpu: number) => {
    this.log.push(`flush ${vcpu}`);
  };
  localApic = (vcpu: number) => {
    const apic = this.apics[vcpu]!;
    return {
      highestInService: () => apic.inService,
      requestPending: () => apic.pending,
      needsBroadcast: () => apic.broadcast,
      eoi: () => {
        apic.eois++;
        apic.inService = -1;
      },
    };
  };
  readonly traced: string[] = [];
  trace = (kind: number, vcpu: number, ...fields: (number | bigint)[]) => {
    this.traced.push(`${EVENT_ROWS[kind]!.name} ${vcpu} ${fields.join(' ')}`.trim());
  };
}

export interface Guest {
  host: FakeHost;
  kvm: KvmInterface;
  /** Makes a hypercall; the value of RAX afterwards, signed. */
  call(nr: number | bigint, args?: (number | bigint)[], where?: { vcpu?: number; cpl?: number; mode?: 'long' | '32-bit' }): bigint;
}

export function guest(options: KvmOptions = {}, vcpus = 4): Guest {
  const host = new FakeHost(vcpus);
  const kvm = new KvmInterface(host, options);
  const state = new VcpuState(new ArrayBuffer(0x1000), 0);
  return {
    host,
    kvm,
    call(nr, args = [], { vcpu = 0, cpl = 0, mode = 'long' } = {}) {
      const width = mode === 'long' ? 64 : 32;
      state.setU32('mode', mode === 'long' ? ModeBit.code64 | ModeBit.longMode : ModeBit.code32);
      state.setU32('cpl', cpl);
      state.setGpr(Gpr.rax, BigInt(nr));
      [Gpr.rbx, Gpr.rcx, Gpr.rdx, Gpr.rsi].forEach((register, i) => {
        state.setGpr(register, BigInt(args[i] ?? 0));
      });
      kvm.hypercall(vcpu, state);
      const rax = state.gpr(Gpr.rax);
      return width === 64 ? BigInt.asIntN(64, rax) : rax;
    },
  };
}
