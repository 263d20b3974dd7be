// A vCPU's registers and the piece of its stack that a sample has, into memory of the host's.

import { decodeFields } from '../../trace/reader';
import { TraceKind } from '../../trace/rows';
import { PAGE_SIZE, S, SEGMENT_STRIDE, SegmentField } from '../../x86/layout';
import { PROFILE_REGISTERS, type ProfileSample } from '../control/profile-types';
import type { Vcpu } from '../vm/vcpu';
import type { Vm } from '../vm/vm';

const WORD = 8;
export const REGISTER_BYTES = PROFILE_REGISTERS.length * WORD;
const place = (name: (typeof PROFILE_REGISTERS)[number]): number => PROFILE_REGISTERS.indexOf(name) * WORD;
const SS_BASE = S.segments + 2 * SEGMENT_STRIDE + SegmentField.base;
const CS = S.segments + SEGMENT_STRIDE;
/** Behind the general registers: from where in the state, to where. */
const OTHERS = [
  [S.rip, place('rip')],
  [CS + SegmentField.base, place('cs.base')],
  [S.cr0, place('cr0')],
  [S.cr3, place('cr3')],
] as const;
const GPR_BYTES = place('rip');
const LONGEST_INSTRUCTION = 15n;
const TWO_32 = 0x1_0000_0000;
/** CpuEngine.sample leaves it to us. */
const UNSAMPLED = -1;

/** Memory of a VM. */
interface Ram {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly view: DataView;
}

export class VcpuSampler {
  private readonly ram = new Map<Vm, Ram>();
  private readonly page = { gpa: 0, writable: false, user: false, executable: false };

  constructor(private readonly stackBytes: number) {}

  modeOf(vm: Vm, { state }: Vcpu): { cpl: number; mode: number } {
    const { words } = this.ramOf(vm);
    return { cpl: words[(state.base + S.cpl) >> 2]!, mode: words[(state.base + S.mode) >> 2]! };
  }

  /** What CpuEngine.sample says, but never that it leaves something to others. `exitRip`: of the exit that the vCPU is in. */
  sample(
    vm: Vm,
    { index, state }: Vcpu,
    exitRip: bigint | undefined,
    registers: Uint8Array,
    registersAt: number,
    stack: Uint8Array,
    stackAt: number,
  ): number {
    const ram = this.ramOf(vm);
    const back = exitRip === undefined ? 0 : behind(ram.view.getBigUint64(state.base + S.rip, true), exitRip);
    const length = vm.engine.sample(index, this.stackBytes, back);
    if (length !== UNSAMPLED) {
      if (length >= 0) this.copy(vm, vm.engine.sampleAt, length, registers, registersAt, stack, stackAt);
      return length;
    }
    putRegisters(ram, state.base, back, registers, registersAt);
    return this.putStack(vm, index, ram, state.base, stack, stackAt);
  }

  /** The exit whose fields the engine has put there. */
  exitAt(vm: Vm, at: number): ProfileSample['host'] {
    return { kind: 'vm-exit', fields: decodeFields(this.ramOf(vm).view, at, TraceKind['vm-exit']) };
  }

  /** What the engine has put somewhere. */
  copy(vm: Vm, from: number, length: number, registers: Uint8Array, registersAt: number, stack: Uint8Array, stackAt: number): void {
    const { bytes } = this.ramOf(vm);
    const stackFrom = from + REGISTER_BYTES;
    registers.set(bytes.subarray(from, stackFrom), registersAt);
    stack.set(bytes.subarray(stackFrom, stackFrom + length), stackAt);
  }

  /** Returns how many bytes of it could be read. */
  private putStack({ engine }: Vm, vcpu: number, { bytes, words }: Ram, state: number, into: Uint8Array, at: number): number {
    const { page } = this;
    const [rsp, base] = [(state + S.gpr + 4 * WORD) >> 2, (state + SS_BASE) >> 2];
    const sum = words[rsp]! + words[base]!;
    const start = sum >>> 0;
    const high = words[rsp + 1]! + words[base + 1]! + (sum >= TWO_32 ? 1 : 0);
    let done = 0;
    while (done < this.stackBytes) {
      const lo = start + done;
      if (!engine.translateInto(vcpu, lo >>> 0, (high + (lo >= TWO_32 ? 1 : 0)) >>> 0, page)) break;
      const from = engine.memory.offsetOf(page.gpa);
      if (from === undefined) break;
      const part = Math.min(this.stackBytes - done, PAGE_SIZE - (page.gpa % PAGE_SIZE));
      into.set(bytes.subarray(from, from + part), at + done);
      done += part;
    }
    return done;
  }

  private ramOf(vm: Vm): Ram {
    const { buffer } = vm.engine.memory;
    let ram = this.ram.get(vm);
    if (ram?.bytes.buffer !== buffer) {
      ram = { bytes: new Uint8Array(buffer), words: new Uint32Array(buffer), view: new DataView(buffer) };
      this.ram.set(vm, ram);
    }
    return ram;
  }
}

/** A sample's instruction is `rip`, where an exit has led just behind it and no interrupt or fault away from it. */
const behind = (after: bigint, rip: bigint): number => (after > rip && after - rip <= LONGEST_INSTRUCTION ? Number(after - rip) : 0);

function putRegisters({ bytes, view }: Ram, state: number, back: number, into: Uint8Array, at: number): void {
  into.set(bytes.subarray(state + S.gpr, state + S.gpr + GPR_BYTES), at);
  const to = new DataView(into.buffer, into.byteOffset + at, REGISTER_BYTES);
  for (const [from, register] of OTHERS) to.setBigUint64(register, view.getBigUint64(state + from, true), true);
  to.setBigUint64(place('rip'), view.getBigUint64(state + S.rip, true) - BigInt(back), true);
  to.setBigUint64(place('cs'), BigInt(view.getUint32(state + CS + SegmentField.selector, true)), true);
}
