// Bytes to instructions by iced-x86: text in Intel syntax as the SDM prints it, control flow, branch and memory targets. Loaded on first use.
import type { Decoder, Formatter, Instruction } from 'iced-x86';

/** How control goes on. 'system': leaves for the kernel and comes back like a call (syscall, int n). */
export type Flow = 'next' | 'jump' | 'jump-if' | 'jump-indirect' | 'call' | 'call-indirect' | 'return' | 'system';

export interface DecodedInstruction {
  readonly address: bigint;
  readonly bytes: Uint8Array;
  readonly text: string;
  readonly flow: Flow;
  readonly valid: boolean;
  /** Near jump or call: where to. */
  readonly target: bigint | undefined;
  /** RIP-relative memory operand: its address. */
  readonly memoryAddress: bigint | undefined;
}

export type Bitness = 16 | 32 | 64;
export const MAX_INSTRUCTION_LENGTH = 15;

/** Of a vCPU's mode as RegisterFile names it. */
export function bitnessOf(mode: string): Bitness {
  if (mode === 'long64') return 64;
  return mode.endsWith('32') ? 32 : 16;
}

type Iced = typeof import('iced-x86');

/** iced's own option for it looks at the low 32 bits alone: 0xffff900000000000 would be 0. */
const smallInDecimal = (text: string): string => text.replace(/\b0x(\d)\b/g, '$1');

export class InstructionDecoder {
  private constructor(
    private readonly iced: Iced,
    private readonly formatter: Formatter,
    private readonly instruction: Instruction,
  ) {}

  static async load(): Promise<InstructionDecoder> {
    const imported = (await import('iced-x86')) as Iced & { default?: Iced };
    const iced = imported.default ?? imported;
    const formatter = new iced.Formatter(iced.FormatterSyntax.Intel);
    formatter.hexPrefix = '0x';
    formatter.hexSuffix = '';
    formatter.uppercaseHex = false;
    formatter.spaceAfterOperandSeparator = true;
    formatter.ripRelativeAddresses = false;
    formatter.branchLeadingZeros = false;
    formatter.smallHexNumbersInDecimal = false;
    return new InstructionDecoder(iced, formatter, new iced.Instruction());
  }

  /** Instructions from the first byte on, at most `limit`; stops before one that the bytes cut off. */
  decode(bytes: Uint8Array, address: bigint, bitness: Bitness, limit: number): DecodedInstruction[] {
    const decoder = new this.iced.Decoder(bitness, bytes, this.iced.DecoderOptions.None);
    try {
      decoder.ip = BigInt.asUintN(64, address);
      const found: DecodedInstruction[] = [];
      while (decoder.canDecode && found.length < limit) {
        const next = this.one(decoder, bytes, bitness);
        if (!next) break;
        found.push(next);
      }
      return found;
    } finally {
      decoder.free();
    }
  }

  private one(decoder: Decoder, bytes: Uint8Array, bitness: Bitness): DecodedInstruction | undefined {
    const { instruction, iced } = this;
    const start = decoder.position;
    decoder.decodeOut(instruction);
    const address = instruction.ip;
    if (instruction.isInvalid) {
      if (decoder.lastError === iced.DecoderError.NoMoreBytes) return undefined;
      decoder.position = start + 1;
      decoder.ip = address + 1n;
      const raw = bytes.slice(start, start + 1);
      const text = `(bad: 0x${(raw[0] ?? 0).toString(16).padStart(2, '0')})`;
      return { address, bytes: raw, text, flow: 'next', valid: false, target: undefined, memoryAddress: undefined };
    }
    const flow = this.flowOf(instruction);
    const near = flow === 'jump' || flow === 'jump-if' || flow === 'call';
    return {
      address,
      bytes: bytes.slice(start, start + instruction.length),
      text: smallInDecimal(this.formatter.format(instruction)),
      flow,
      valid: true,
      target: near ? instruction.nearBranchTarget : undefined,
      memoryAddress: bitness === 64 && instruction.isIpRelMemoryOperand ? instruction.ipRelMemoryAddress : undefined,
    };
  }

  private flowOf(instruction: Instruction): Flow {
    const { FlowControl } = this.iced;
    switch (instruction.flowControl) {
      case FlowControl.ConditionalBranch:
      case FlowControl.XbeginXabortXend:
        return 'jump-if';
      case FlowControl.UnconditionalBranch:
        return instruction.isJmpShortOrNear ? 'jump' : 'jump-indirect';
      case FlowControl.IndirectBranch:
        return 'jump-indirect';
      case FlowControl.Return:
        return 'return';
      case FlowControl.Call:
        if (instruction.isCallNear) return 'call';
        if (instruction.isCallFar) return 'call-indirect';
        // SYSCALL and SYSENTER leave for the kernel; VMCALL and its like are served by the hypervisor and go on.
        return instruction.mnemonic === this.iced.Mnemonic.Syscall || instruction.mnemonic === this.iced.Mnemonic.Sysenter
          ? 'system'
          : 'next';
      case FlowControl.IndirectCall:
        return 'call-indirect';
      case FlowControl.Interrupt:
        return 'system';
      default:
        return 'next';
    }
  }
}
