// A machine in 64-bit mode whose exits, exceptions and readings of time are noted as text, on a host that leaves quick instructions to the processor or on one that is asked
// each time.
import assert from 'node:assert/strict';
import type { Tier } from '../../src/engine/cpu-engine';
import { RECORD_SIZE, RecordField } from '../../src/trace/record-layout';
import { updateMode } from '../../src/x86/system/mode';
import { BareMachine } from './bare-machine';

export const CODE = 0x1_0000;
const HANDLER = 0x8000;
const UNDEFINED = 0x8800;
export const PAGE_FAULT = 0x8c00;
export const TABLE = 0x4000;
export const IDT = 0x5000;
const GDT = 0x6000;
const VECTOR = 0x40;
/** INT n through a trap gate. */
const TRAP_VECTOR = 0x41;
export const dword = (value: number): string => Buffer.from(new Uint32Array([value]).buffer).toString('hex');
const VMCALL_NS = 450;
const VMCALL_REASON = 18;
const PLAIN_PORTS: readonly number[] = [0x80, 0x90];
export const IO_NS = 300;
const IO_REASON = 9;

export const CPUID_NS = 700;
/** Of exceptions' records. */
const EXCEPTION = 0x1_0005;
/** What the events' records have. */
const HEAD = { reason: 6, kindAndVm: 0x1_0009 };

export const quad = (value: bigint): Uint8Array => new Uint8Array(new BigUint64Array([value]).buffer);

function exitText(record: Uint8Array, vcpu: number): string {
  const view = new DataView(record.buffer, record.byteOffset);
  const quad = (at: number): bigint => view.getBigUint64(at, true);
  const field = (n: number): bigint => quad(RecordField.fields + n * 8);
  const [atNs, rip] = [view.getFloat64(RecordField.virtualNs, true), quad(RecordField.rip)];
  if (view.getUint32(RecordField.kind, true) === EXCEPTION) return `${atNs} ${rip} #${field(0)} ${field(1)} ${field(2)} ${field(3)}`;
  assert.deepEqual([view.getUint32(RecordField.kind, true), view.getUint32(RecordField.vcpu, true)], [HEAD.kindAndVm, vcpu]);
  if (field(0) === BigInt(VMCALL_REASON)) return `${atNs} ${rip} vmcall ${field(1)} ${field(2)}${field(3)}${field(4)}`;
  const isIo = field(0) === BigInt(IO_REASON);
  assert.equal(view.getFloat64(RecordField.durationNs, true), isIo ? IO_NS : CPUID_NS);
  if (isIo)
    return `${view.getFloat64(RecordField.virtualNs, true)} ${quad(RecordField.rip)} io ${field(1)} ${field(2)} ${field(3)} ${field(4)}`;
  assert.deepEqual([field(0), field(3)], [BigInt(HEAD.reason), 0n]);
  return `${view.getFloat64(RecordField.virtualNs, true)} ${quad(RecordField.rip)} ${field(1)} ${field(2)} ${field(4)}`;
}

/** Time stands at `startNs` when a run begins. */
export class Timed {
  readonly machine: BareMachine;
  private startNs = 0;
  private latestNs = 0;
  asked = 0;
  events = 0;
  returns = 0;
  /** INT n: of each vector's first in a run the host is told. */
  interrupts = 0;
  /** Of CPUID: time, RIP, leaf, subleaf, answer. */
  readonly exits: string[] = [];
  answered = 0;
  accesses = 0;
  hypercalls = 0;
  /** #PF: of the first in a run the host is told. */
  faults = 0;
  /** How often it was given events. */
  logs = 0;
  /** What the events' records have. */
  vcpu = 3;
  /** Events that it was given without a record of their own. */
  repeated = 0;
  /** How often it was told how many exits there were. */
  settles = 0;
  /** What was written to each port last. */
  readonly written = new Map<number, number>();

  constructor(code: string, quick: boolean, tier: Tier = 'interpreter') {
    const machine = new BareMachine({ ramSize: 2 << 20, tier });
    this.machine = machine;
    const { host, engine } = machine;
    const state = machine.longMode();
    machine.write(IDT + VECTOR * 16, quad(0x0000_8e00_0008_0000n | BigInt(HANDLER)));
    machine.write(IDT + TRAP_VECTOR * 16, quad(0x0000_8f00_0008_0000n | BigInt(HANDLER)));
    machine.write(IDT + 6 * 16, quad(0x0000_8e00_0008_0000n | BigInt(UNDEFINED)));
    machine.write(UNDEFINED, '4883042403' + '48cf');
    machine.write(IDT + 14 * 16, quad(0x0000_8e00_0008_0000n | BigInt(PAGE_FAULT)));
    // Gives the page of CR2 its bits back.
    machine.write(PAGE_FAULT, `500f20d048c1e80c25ff01000048830cc5${dword(TABLE)}03584883c40848cf`);
    state.setU64('cr0', state.u64('cr0') | 0x1_0000n);
    updateMode(state);
    // 4 KiB pages.
    machine.write(0x3000, quad(0x4007n));
    machine.write(TABLE, new Uint8Array(BigUint64Array.from({ length: 512 }, (_, i) => (BigInt(i) << 12n) | 7n).buffer));
    machine.write(GDT + 8, quad(0x00af_9b00_0000_ffffn));
    machine.write(GDT + 16, quad(0x00cf_9300_0000_ffffn));
    machine.write(HANDLER, '48cf');
    machine.write(CODE, code);
    // The jump at the end goes back to the start.
    const back = -(code.length / 2);
    machine.write(CODE + code.length / 2 - 4, new Uint8Array(new Int32Array([back]).buffer));
    state.setU64('idtrBase', BigInt(IDT));
    state.setU32('idtrLimit', 0xfff);
    state.setU64('gdtrBase', BigInt(GDT));
    state.setU32('gdtrLimit', 23);
    state.setU64('rip', BigInt(CODE));
    state.setGpr(4, 0x9800n);
    state.setGpr(7, 0xa000n);
    state.setU64('tscOffset', 0xffff_ffff_0000_1234n);
    state.setU64('tscAux', 0x1_2345_6789n);
    const nowNs = (): number => {
      this.latestNs = Math.max(this.latestNs, this.startNs + engine.consumedNs());
      return this.latestNs;
    };
    host.tsc = () => {
      this.asked++;
      return BigInt(nowNs()) * 3n;
    };
    host.cpuidResult = (leaf, subleaf) => {
      const [atNs, rip] = [this.startNs + engine.consumedNs(), engine.instructionRip(0)];
      engine.charge(CPUID_NS);
      nowNs();
      const eax = this.answer(leaf, subleaf);
      this.exits.push(`${atNs} ${rip} ${leaf} ${subleaf} ${eax}`);
      this.answered++;
      return { eax, ebx: 2, ecx: subleaf & 1, edx: 4 };
    };
    const access = (port: number, size: number, write: boolean, value: () => number): number => {
      const [atNs, rip] = [this.startNs + engine.consumedNs(), engine.instructionRip(0)];
      engine.charge(IO_NS);
      nowNs();
      const result = value();
      this.exits.push(`${atNs} ${rip} io ${port} ${size} ${write ? 1 : 0} ${result}`);
      this.accesses++;
      return result;
    };
    const put = (port: number, size: number, value: number): void => void this.written.set(port, (value ^ (size << 4)) >>> 0);
    host.onIn = (port, size) => {
      const mask = size === 4 ? -1 : size === 2 ? 0xffff : 0xff;
      return access(port, size, false, () => ((port === 0xb0 ? nowNs() >> 9 : (this.written.get(port) ?? 0x8765_4321)) & mask) >>> 0);
    };
    host.onOut = (port, size, value) => {
      access(port, size, true, () => {
        put(port, size, value);
        return value >>> 0;
      });
    };
    host.onHypercall = () => {
      this.hypercalls++;
      const [atNs, rip] = [this.startNs + engine.consumedNs(), engine.instructionRip(0)];
      engine.charge(VMCALL_NS);
      nowNs();
      this.exits.push(`${atNs} ${rip} vmcall ${state.gpr(0)} 000`);
      return false;
    };
    host.onEvent = (kind, a, b) => {
      if (kind === 'exception') {
        const fields = a === 14 ? `${b} 1 ${state.u64('cr2')}` : '0 0 0';
        this.exits.push(`${this.startNs + engine.consumedNs()} ${engine.instructionRip(0)} #${a} ${fields}`);
        if (a === 14) this.faults++;
      }
      if (kind === 'sensitive') this.interrupts++;
      if (kind === 'cli-sti') this.events++;
      if (kind === 'iret') this.returns++;
    };
    host.interrupt = () => {
      engine.setInterruptPending(0, false);
      return VECTOR;
    };
    const told = (): number => this.latestNs;
    const vcpuOf = (): number => this.vcpu;
    if (quick)
      host.quick = {
        ...{ interruptFlag: true, interruptReturn: true, timeStamp: true, tscPerNs: 3 },
        localNs: () => this.startNs,
        get latestNs() {
          return told();
        },
        hasRead: (ns) => {
          this.latestNs = Math.max(this.latestNs, ns);
        },
        exits: {
          exceptionKindAndVm: EXCEPTION,
          kindAndVm: HEAD.kindAndVm,
          get vcpu() {
            return vcpuOf();
          },
          costs: {
            cpuid: { costNs: CPUID_NS, reason: HEAD.reason },
            io: { costNs: IO_NS, reason: IO_REASON },
            vmcall: { costNs: VMCALL_NS, reason: VMCALL_REASON },
          },
        },
        ...{ deliveries: true, pageFaults: true, softwareInterrupts: true, invlpg: true, controlRead: true },
        plainPort: (port) => PLAIN_PORTS.includes(port),
        portWritten: put,
        exited: () => {
          this.settles++;
        },
        logged: (records, count) => {
          this.logs++;
          for (let i = 0; i < count; i++) this.exits.push(exitText(records.slice(i * RECORD_SIZE, (i + 1) * RECORD_SIZE), this.vcpu));
        },
        repeated: (record, times, ns, stepNs) => {
          this.repeated += times;
          const copy = record.slice();
          for (let i = 0, atNs = ns; i < times; i++, atNs += stepNs) {
            new DataView(copy.buffer).setFloat64(RecordField.virtualNs, atNs, true);
            this.exits.push(exitText(copy, this.vcpu));
          }
        },
      };
  }

  /** CPUID's EAX. */
  answer(leaf: number, subleaf: number): number {
    return (Math.imul(leaf, 3) + subleaf + 1) & 7;
  }

  run(budgetNs: number, border: boolean): string {
    const { engine } = this.machine;
    const { kind } = border ? engine.runBorder(0) : engine.runThrough(0, budgetNs);
    this.startNs += engine.consumedNs();
    return kind;
  }
  /** Another vCPU was told of a later time. */
  tellLater(ns: number): void {
    this.latestNs = this.startNs + ns;
  }
}
