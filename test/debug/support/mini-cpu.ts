// A small x86-64 interpreter for tests of the debugger: what gcc emits for integer code, flat memory, no protection. Decodes with iced-x86,
// so it shares nothing with the engine; debugger tests stay exact and quick whatever the engine does.
import * as iced from 'iced-x86';

export const GPR = 'rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15'.split(' ');
const MASK = (1n << 64n) - 1n;
const FLAG = { c: 1n, p: 4n, a: 16n, z: 64n, s: 128n, i: 512n, d: 1024n, o: 2048n };
const { Register, Mnemonic, OpKind, ConditionCode } = iced;

export type MiniOutcome = 'ran' | 'halted' | 'hypercall' | { readonly unimplemented: string } | { readonly exit: number };

export class MiniCpu {
  readonly gpr = new BigUint64Array(16);
  rip = 0n;
  rflags = 2n;
  private insn = new iced.Instruction();
  /** Guests of these tests do not change their code. */
  private readonly decoded = new Map<bigint, iced.Instruction>();

  constructor(
    readonly ram: Uint8Array,
    /** Linear to physical. */
    private readonly translate: (address: bigint) => number,
    private readonly onOut: (port: number, value: number) => void,
  ) {}

  private decode(): iced.Instruction {
    let insn = this.decoded.get(this.rip);
    if (!insn) {
      const bytes = Uint8Array.from({ length: 15 }, (_, i) => this.ram[this.translate(BigInt.asUintN(64, this.rip + BigInt(i)))] ?? 0);
      const decoder = new iced.Decoder(64, bytes, iced.DecoderOptions.None);
      decoder.ip = this.rip;
      insn = decoder.decode();
      decoder.free();
      this.decoded.set(this.rip, insn);
    }
    return insn;
  }

  load(address: bigint, size: number): bigint {
    let value = 0n;
    for (let i = size - 1; i >= 0; i--)
      value = (value << 8n) | BigInt(this.ram[this.translate(BigInt.asUintN(64, address + BigInt(i)))] ?? 0);
    return value;
  }

  store(address: bigint, size: number, value: bigint): void {
    for (let i = 0; i < size; i++)
      this.ram[this.translate(BigInt.asUintN(64, address + BigInt(i)))] = Number((value >> BigInt(8 * i)) & 0xffn);
  }

  push(value: bigint): void {
    this.gpr[4]! -= 8n;
    this.store(this.gpr[4]!, 8, value);
  }

  private pop(): bigint {
    const value = this.load(this.gpr[4]!, 8);
    this.gpr[4]! += 8n;
    return value;
  }

  deliver(handler: bigint): void {
    const rsp = this.gpr[4]!;
    this.gpr[4] = rsp & ~15n;
    for (const value of [0x10n, rsp, this.rflags, 8n, this.rip]) this.push(value);
    this.rflags &= ~FLAG.i;
    this.rip = handler;
  }

  private register(register: number): { index: number; size: number; shift: bigint } {
    if (register >= Register.RAX && register <= Register.R15) return { index: register - Register.RAX, size: 8, shift: 0n };
    if (register >= Register.EAX && register <= Register.R15D) return { index: register - Register.EAX, size: 4, shift: 0n };
    if (register >= Register.AX && register <= Register.R15W) return { index: register - Register.AX, size: 2, shift: 0n };
    const byte = register - Register.AL;
    if (byte >= 4 && byte < 8) return { index: byte - 4, size: 1, shift: 8n };
    return { index: byte < 4 ? byte : byte - 4, size: 1, shift: 0n };
  }

  private readRegister(register: number): bigint {
    const { index, size, shift } = this.register(register);
    return BigInt.asUintN(size * 8, this.gpr[index]! >> shift);
  }

  private writeRegister(register: number, value: bigint): void {
    const { index, size, shift } = this.register(register);
    if (size >= 4) this.gpr[index] = BigInt.asUintN(size * 8, value);
    else {
      const mask = ((1n << BigInt(size * 8)) - 1n) << shift;
      this.gpr[index] = (this.gpr[index]! & ~mask) | ((value << shift) & mask);
    }
  }

  private address(): bigint {
    const { insn } = this;
    if (insn.isIpRelMemoryOperand) return insn.ipRelMemoryAddress;
    const base = insn.memoryBase === Register.None ? 0n : this.readRegister(insn.memoryBase);
    const index = insn.memoryIndex === Register.None ? 0n : this.readRegister(insn.memoryIndex) * BigInt(insn.memoryIndexScale);
    return BigInt.asUintN(64, base + index + insn.memoryDisplacement);
  }

  private size(operand: number): number {
    const kind = this.insn.opKind(operand);
    if (kind === OpKind.Register) return this.register(this.insn.opRegister(operand)).size;
    if (kind === OpKind.Memory) return iced.MemorySizeExt.size(this.insn.memorySize) || 8;
    return operand === 0 ? 8 : this.size(0);
  }

  private read(operand: number): bigint {
    const { insn } = this;
    const kind = insn.opKind(operand);
    if (kind === OpKind.Register) return this.readRegister(insn.opRegister(operand));
    if (kind === OpKind.Memory) return this.load(this.address(), this.size(operand));
    return BigInt.asUintN(64, insn.immediate(operand));
  }

  private write(operand: number, value: bigint): void {
    const kind = this.insn.opKind(operand);
    if (kind === OpKind.Register) this.writeRegister(this.insn.opRegister(operand), value);
    else this.store(this.address(), this.size(operand), value);
  }

  private setFlags(result: bigint, size: number, carry: boolean, overflow: boolean): void {
    const value = BigInt.asUintN(size * 8, result);
    let flags = this.rflags & ~(FLAG.c | FLAG.p | FLAG.z | FLAG.s | FLAG.o);
    if (carry) flags |= FLAG.c;
    if (overflow) flags |= FLAG.o;
    if (value === 0n) flags |= FLAG.z;
    if (value >> BigInt(size * 8 - 1)) flags |= FLAG.s;
    let ones = 0;
    for (let bits = value & 0xffn; bits; bits >>= 1n) ones += Number(bits & 1n);
    if (ones % 2 === 0) flags |= FLAG.p;
    this.rflags = flags;
  }

  private arithmetic(sign: 1n | -1n, keep: boolean): void {
    const size = this.size(0);
    const bits = size * 8;
    const left = BigInt.asUintN(bits, this.read(0));
    const right = BigInt.asUintN(bits, this.read(1));
    const exact = left + sign * right;
    const signed = BigInt.asIntN(bits, left) + sign * BigInt.asIntN(bits, right);
    this.setFlags(exact, size, exact < 0n || exact >> BigInt(bits) > 0n, BigInt.asIntN(bits, signed) !== signed);
    if (keep) this.write(0, BigInt.asUintN(bits, exact));
  }

  private logic(result: bigint, keep: boolean): void {
    this.setFlags(result, this.size(0), false, false);
    if (keep) this.write(0, BigInt.asUintN(this.size(0) * 8, result));
  }

  private condition(): boolean {
    const f = (flag: bigint): boolean => (this.rflags & flag) !== 0n;
    switch (this.insn.conditionCode) {
      case ConditionCode.o:
        return f(FLAG.o);
      case ConditionCode.no:
        return !f(FLAG.o);
      case ConditionCode.b:
        return f(FLAG.c);
      case ConditionCode.ae:
        return !f(FLAG.c);
      case ConditionCode.e:
        return f(FLAG.z);
      case ConditionCode.ne:
        return !f(FLAG.z);
      case ConditionCode.be:
        return f(FLAG.c) || f(FLAG.z);
      case ConditionCode.a:
        return !f(FLAG.c) && !f(FLAG.z);
      case ConditionCode.s:
        return f(FLAG.s);
      case ConditionCode.ns:
        return !f(FLAG.s);
      case ConditionCode.l:
        return f(FLAG.s) !== f(FLAG.o);
      case ConditionCode.ge:
        return f(FLAG.s) === f(FLAG.o);
      case ConditionCode.le:
        return f(FLAG.z) || f(FLAG.s) !== f(FLAG.o);
      default:
        return !f(FLAG.z) && f(FLAG.s) === f(FLAG.o);
    }
  }

  step(): MiniOutcome {
    const insn = this.decode();
    this.insn = insn;
    const start = this.rip;
    this.rip = insn.nextIP;
    const name = Mnemonic[insn.mnemonic] ?? '';
    if (name.startsWith('J') && insn.isJccShortOrNear) {
      if (this.condition()) this.rip = insn.nearBranchTarget;
      return 'ran';
    }
    if (name.startsWith('Set')) {
      this.write(0, this.condition() ? 1n : 0n);
      return 'ran';
    }
    if (name.startsWith('Cmov')) {
      const value = this.read(1);
      this.write(0, this.condition() ? value : this.read(0));
      return 'ran';
    }
    const bits = insn.opCount > 0 ? this.size(0) * 8 : 64;
    switch (insn.mnemonic) {
      case Mnemonic.Nop:
      case Mnemonic.Endbr64:
      case Mnemonic.Pause:
        break;
      case Mnemonic.Cli:
        this.rflags &= ~FLAG.i;
        break;
      case Mnemonic.Sti:
        this.rflags |= FLAG.i;
        break;
      case Mnemonic.Mov:
      case Mnemonic.Movzx:
        this.write(0, this.read(1));
        break;
      case Mnemonic.Movsx:
      case Mnemonic.Movsxd:
        this.write(0, BigInt.asIntN(this.size(1) * 8, this.read(1)));
        break;
      case Mnemonic.Lea:
        this.write(0, this.address());
        break;
      case Mnemonic.Xchg: {
        const [a, b] = [this.read(0), this.read(1)];
        this.write(0, b);
        this.write(1, a);
        break;
      }
      case Mnemonic.Add:
        this.arithmetic(1n, true);
        break;
      case Mnemonic.Sub:
        this.arithmetic(-1n, true);
        break;
      case Mnemonic.Cmp:
        this.arithmetic(-1n, false);
        break;
      case Mnemonic.And:
        this.logic(this.read(0) & this.read(1), true);
        break;
      case Mnemonic.Or:
        this.logic(this.read(0) | this.read(1), true);
        break;
      case Mnemonic.Xor:
        this.logic(this.read(0) ^ this.read(1), true);
        break;
      case Mnemonic.Test:
        this.logic(this.read(0) & this.read(1), false);
        break;
      case Mnemonic.Inc:
        this.logic(this.read(0) + 1n, true);
        break;
      case Mnemonic.Dec:
        this.logic(this.read(0) - 1n, true);
        break;
      case Mnemonic.Neg:
        this.logic(-this.read(0), true);
        break;
      case Mnemonic.Not:
        this.write(0, ~this.read(0));
        break;
      case Mnemonic.Shl:
        this.logic(this.read(0) << (this.read(1) & (bits === 64 ? 63n : 31n)), true);
        break;
      case Mnemonic.Shr:
        this.logic(this.read(0) >> (this.read(1) & (bits === 64 ? 63n : 31n)), true);
        break;
      case Mnemonic.Sar:
        this.logic(BigInt.asIntN(bits, this.read(0)) >> (this.read(1) & (bits === 64 ? 63n : 31n)), true);
        break;
      case Mnemonic.Imul: {
        const [a, b] = insn.opCount === 3 ? [1, 2] : [0, 1];
        this.write(0, BigInt.asIntN(bits, this.read(a)) * BigInt.asIntN(bits, this.read(b)));
        break;
      }
      case Mnemonic.Cdqe:
        this.gpr[0] = BigInt.asUintN(64, BigInt.asIntN(32, this.gpr[0]!));
        break;
      case Mnemonic.Cdq:
        this.gpr[2] = this.gpr[0]! & 0x8000_0000n ? 0xffff_ffffn : 0n;
        break;
      case Mnemonic.Cqo:
        this.gpr[2] = this.gpr[0]! >> 63n ? MASK : 0n;
        break;
      case Mnemonic.Idiv: {
        const dividend = BigInt.asIntN(bits * 2, (BigInt.asUintN(bits, this.gpr[2]!) << BigInt(bits)) | BigInt.asUintN(bits, this.gpr[0]!));
        const divisor = BigInt.asIntN(bits, this.read(0));
        this.gpr[0] = BigInt.asUintN(bits, dividend / divisor);
        this.gpr[2] = BigInt.asUintN(bits, dividend % divisor);
        break;
      }
      case Mnemonic.Jmp:
        this.rip = insn.isJmpShortOrNear ? insn.nearBranchTarget : this.read(0);
        break;
      case Mnemonic.Call: {
        const target = insn.isCallNear ? insn.nearBranchTarget : this.read(0);
        this.push(insn.nextIP);
        this.rip = target;
        break;
      }
      case Mnemonic.Ret:
        this.rip = this.pop();
        break;
      case Mnemonic.Push:
        this.push(this.read(0));
        break;
      case Mnemonic.Pop:
        this.write(0, this.pop());
        break;
      case Mnemonic.Leave:
        this.gpr[4] = this.gpr[5]!;
        this.gpr[5] = this.pop();
        break;
      case Mnemonic.Iretq: {
        this.rip = this.pop();
        this.pop();
        this.rflags = this.pop();
        const rsp = this.pop();
        this.pop();
        this.gpr[4] = rsp;
        break;
      }
      case Mnemonic.Out: {
        const port = Number(insn.opKind(0) === OpKind.Register ? this.gpr[2]! & 0xffffn : this.read(0));
        const value = Number(this.readRegister(insn.opRegister(1)));
        if (port === 0xf4) return { exit: value };
        this.onOut(port, value);
        break;
      }
      case Mnemonic.Vmcall:
      case Mnemonic.Vmmcall:
        return 'hypercall';
      case Mnemonic.Hlt:
        return 'halted';
      default:
        this.rip = start;
        return { unimplemented: name.toLowerCase() };
    }
    return 'ran';
  }
}
