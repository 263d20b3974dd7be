// Where registers and stacks of samples wait: one piece of memory for all of them, so that a sample makes no garbage.
import { PAGE_SIZE, S, SEGMENT_STRIDE, SegmentField } from '../../x86/layout';
import type { VcpuState } from '../../x86/vcpu-state';
import { PROFILE_REGISTERS } from '../control/profile-types';
import type { Vcpu } from '../vm/vcpu';
import type { Vm } from '../vm/vm';

const LEAST_SAMPLES = 32;
const WORD = 8;
const REGISTER_BYTES = PROFILE_REGISTERS.length * WORD;
const GPR_BYTES = PROFILE_REGISTERS.indexOf('rip') * WORD;
const place = (name: (typeof PROFILE_REGISTERS)[number]): number => PROFILE_REGISTERS.indexOf(name) * WORD;
const RIP = place('rip');
const SELECTOR = place('cs') >> 2;
const CS = S.segments + SEGMENT_STRIDE;
/** Fields of 64 bits, and where they go. */
const QUADS = [
  [S.rip, RIP],
  [CS + SegmentField.base, place('cs.base')],
  [S.cr0, place('cr0')],
  [S.cr3, place('cr3')],
] as const;

export class SampleRoom {
  private readonly stride: number;
  private bytes: Uint8Array<ArrayBuffer>;
  private halves: Uint32Array;
  private view: DataView;
  private count = 0;
  /** Memory of each VM. */
  private readonly ram = new Map<Vm, Uint8Array>();

  constructor(readonly stackBytes: number) {
    this.stride = REGISTER_BYTES + Math.ceil(stackBytes / WORD) * WORD;
    this.bytes = new Uint8Array(LEAST_SAMPLES * this.stride);
    this.halves = new Uint32Array(this.bytes.buffer);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Where a vCPU is now. Returns the bytes of its stack that could be read. */
  add(vm: Vm, { index, state }: Vcpu): number {
    if ((this.count + 1) * this.stride > this.bytes.length) this.grow();
    const at = this.count++ * this.stride;
    this.putRegisters(state, at);
    return this.putStack(vm, index, state.segmentBase(2) + state.gpr(4), at + REGISTER_BYTES);
  }

  private putRegisters(state: VcpuState, at: number): void {
    const { halves } = this;
    const first = at >> 2;
    for (let i = 0; i < GPR_BYTES >> 2; i++) halves[first + i] = state.u32At(S.gpr + i * 4);
    for (const [from, to] of QUADS) {
      halves[first + (to >> 2)] = state.u32At(from);
      halves[first + (to >> 2) + 1] = state.u32At(from + 4);
    }
    halves[first + SELECTOR] = state.u32At(CS + SegmentField.selector);
    halves[first + SELECTOR + 1] = 0;
  }

  private putStack(vm: Vm, vcpu: number, linear: bigint, at: number): number {
    const ram = this.ramOf(vm);
    const { engine } = vm;
    const { memory } = engine;
    let done = 0;
    while (done < this.stackBytes) {
      const gpa = engine.translate(vcpu, BigInt.asUintN(64, linear + BigInt(done)))?.gpa;
      const from = gpa === undefined ? undefined : memory.offsetOf(gpa);
      if (gpa === undefined || from === undefined) break;
      const part = Math.min(this.stackBytes - done, PAGE_SIZE - (gpa % PAGE_SIZE));
      this.bytes.set(ram.subarray(from, from + part), at + done);
      done += part;
    }
    return done;
  }

  private ramOf(vm: Vm): Uint8Array {
    const { buffer } = vm.engine.memory;
    let ram = this.ram.get(vm);
    if (ram?.buffer !== buffer) {
      ram = new Uint8Array(buffer);
      this.ram.set(vm, ram);
    }
    return ram;
  }

  /** The latest sample's instruction is `rip`, where an exit has led just behind it and no interrupt or fault away from it. */
  backTo(rip: bigint): void {
    const at = (this.count - 1) * this.stride + RIP;
    const after = this.view.getBigUint64(at, true);
    if (after > rip && after - rip <= 15n) this.view.setBigUint64(at, rip, true);
  }

  private grow(): void {
    const roomy = new Uint8Array(this.bytes.length * 2);
    roomy.set(this.bytes);
    this.bytes = roomy;
    this.halves = new Uint32Array(roomy.buffer);
    this.view = new DataView(roomy.buffer);
  }

  /** Everything that waits, in its order, in memory of its own; nothing waits any more. */
  take(): (sample: number, stackLength: number) => { registers: BigUint64Array; stack: Uint8Array } {
    const { buffer } = this.bytes.slice(0, this.count * this.stride);
    this.count = 0;
    const { stride } = this;
    return (sample, stackLength) => ({
      registers: new BigUint64Array(buffer, sample * stride, PROFILE_REGISTERS.length),
      stack: new Uint8Array(buffer, sample * stride + REGISTER_BYTES, stackLength),
    });
  }
}
