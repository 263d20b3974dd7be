// An instruction as a helper sees it. Its operand's address is computed when the helper asks: after the checks that come before it.
import type { HelperInsn } from '../../x86/cpu';
import { type AddressSpec, effectiveAddress } from '../../x86/general/effective-address';
import type { VcpuState } from '../../x86/vcpu-state';

export type InsnFields = Omit<HelperInsn, 'rip' | 'linear' | 'address'>;

export class RecordedInsn implements HelperInsn {
  readonly length: number;
  readonly operandSize: HelperInsn['operandSize'];
  readonly addressSize: HelperInsn['addressSize'];
  readonly reg: number;
  readonly rm: number;
  readonly segment: number;
  readonly imm: bigint;
  readonly imm2: number;
  readonly rep: HelperInsn['rep'];
  readonly lock: boolean;
  readonly vector: HelperInsn['vector'];
  private state: VcpuState | undefined;
  private known: bigint | undefined;
  private ripLow = 0;
  private ripHigh = 0;

  constructor(
    fields: InsnFields,
    readonly address: AddressSpec | undefined,
  ) {
    this.length = fields.length;
    this.operandSize = fields.operandSize;
    this.addressSize = fields.addressSize;
    this.reg = fields.reg;
    this.rm = fields.rm;
    this.segment = fields.segment;
    this.imm = fields.imm;
    this.imm2 = fields.imm2;
    this.rep = fields.rep;
    this.lock = fields.lock;
    this.vector = fields.vector;
  }

  /** The instruction runs now, at this RIP. */
  begin(state: VcpuState, ripLow: number, ripHigh: number): void {
    this.state = state;
    this.ripLow = ripLow;
    this.ripHigh = ripHigh;
    this.known = undefined;
  }
  get rip(): bigint {
    return (BigInt(this.ripHigh) << 32n) | BigInt(this.ripLow);
  }

  /** Throws CpuFault. */
  get linear(): bigint {
    if (!this.address || !this.state) return 0n;
    this.known ??= effectiveAddress(this.state, this.address, this.rip + BigInt(this.length));
    return this.known;
  }
}
