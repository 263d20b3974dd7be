// Operands of a region's instructions: registers in locals, memory through a host address, immediates as constants.
import { assert } from '../../base/assert';
import type { Local } from '../../wasm/code';
import type { OperandBytes } from '../../x86/emit/context';
import { LOAD, LOAD_SIGNED, LOAD32, LOAD32_SIGNED, STORE } from '../emit/memory-ops';
import type { Role } from '../forms';
import { R } from '../record';
import { gprSlot } from '../slots';
import type { RegionAddresses } from './region-addresses';
import type { RegionDoubles } from './region-doubles';
import type { RegionNarrow } from './region-narrow';
import { type RegionRegisters, registerOf } from './region-registers';
import type { RegionSite } from './region-site';

/** Where a record has the slot of an operand. */
const SLOT_FIELD = { a: R.a, b: R.b, vvvv: R.link, is4: R.imm } as const;

export class RegionOperands {
  /** Host address of the memory operand after a probe. */
  private host: Local | undefined;
  /** General registers whose slots the instruction works on in memory. */
  private readonly inMemory = new Set<number>();

  constructor(
    private readonly site: RegionSite,
    private readonly registers: RegionRegisters,
    private readonly addresses: RegionAddresses,
    private readonly doubles: RegionDoubles,
    private readonly narrow: RegionNarrow,
  ) {}

  startForm(): void {
    this.host = undefined;
    this.inMemory.clear();
  }
  /** Registers that the instruction has written in memory become locals again. */
  endForm(): void {
    const { region } = this.site;
    for (const index of this.inMemory) region.f.i32(0).mem('i64.load', gprSlot(index)).set(region.registerWritten(index));
  }

  private role(operand: number): Role {
    const role = this.site.form.roles[operand];
    assert(role, `${this.site.form.name} has no operand ${operand}`);
    return role;
  }
  sizeOf(operand: number): OperandBytes {
    return this.role(operand).bytes;
  }
  private slotOf(role: Role): number {
    if (role.at === 'fixed') return role.address;
    return this.site.i32(SLOT_FIELD[role.at as keyof typeof SLOT_FIELD]);
  }
  constant(operand: number): number | undefined {
    const role = this.role(operand);
    return role.at === 'imm' ? this.site.i32(R.imm) : role.at === 'one' ? 1 : undefined;
  }
  private keep(): Local {
    const local = this.site.region.temp('i64');
    this.site.region.f.set(local);
    return local;
  }

  slot(operand: number): Local {
    const { region } = this.site;
    const slot = this.slotOf(this.role(operand));
    const index = registerOf(slot);
    if (index >= 0 && !this.inMemory.has(index)) {
      region.f.i32(0).get(region.register(index)).mem('i64.store', gprSlot(index));
      this.inMemory.add(index);
    }
    const local = region.temp('i32');
    region.f.i32(slot).set(local);
    this.doubles.take(local, slot);
    return local;
  }
  xmm(operand: number, bytes: number): Local {
    return this.role(operand).at === 'memory' ? this.addresses.forReading(bytes) : this.slot(operand);
  }

  read(operand: number, signed: boolean): Local {
    const { f } = this.site.region;
    const role = this.role(operand);
    switch (role.at) {
      case 'imm': {
        const value = this.site.i32(R.imm);
        if (role.bytes === 8 || (signed && role.bytes === 4)) f.i64(value);
        else if (signed) f.i64(role.bytes === 1 ? (value << 24) >> 24 : (value << 16) >> 16);
        else f.i64(value >>> 0);
        break;
      }
      case 'imm64':
        f.i64(this.site.i64(R.disp));
        break;
      case 'one':
        f.i64(1);
        break;
      case 'memory': {
        const host = this.host ?? this.addresses.forReading(role.bytes);
        if (this.site.form.size === 4 && role.bytes <= 4) return this.load32(host, role.bytes, signed);
        f.get(host).mem((signed ? LOAD_SIGNED : LOAD)[role.bytes]!);
        break;
      }
      case 'rel':
        assert(false, 'a branch target is not read');
        break;
      default: {
        const slot = this.slotOf(role);
        if (registerOf(slot) >= 0) {
          this.registers.push(slot, role.bytes, signed);
          const local = this.keep();
          if (role.bytes === 4) this.narrow.isLowOf(local, this.site.region.register(registerOf(slot)), signed);
          return local;
        }
        f.i32(0).mem((signed ? LOAD_SIGNED : LOAD)[role.bytes]!, slot);
      }
    }
    return this.keep();
  }
  /** What a 32-bit instruction reads from memory. */
  private load32(host: Local, bytes: number, signed: boolean): Local {
    const { region } = this.site;
    const { f } = region;
    const low = region.temp('i32');
    f.get(host)
      .mem((signed ? LOAD32_SIGNED : LOAD32)[bytes]!)
      .set(low);
    f.get(low).op(signed ? 'i64.extend_i32_s' : 'i64.extend_i32_u');
    const local = this.keep();
    this.narrow.isFrom(local, low, signed);
    return local;
  }
  readModify(operand: number): Local {
    const role = this.role(operand);
    if (role.at === 'memory') this.host = this.addresses.forModifying(role.bytes);
    return this.read(operand, false);
  }
  probe(operand: number): void {
    const role = this.role(operand);
    if (role.at === 'memory') this.host = this.addresses.forWriting(role.bytes);
  }
  write(operand: number, value: Local): void {
    const { f } = this.site.region;
    const role = this.role(operand);
    if (role.at === 'memory') {
      if (this.host === undefined) this.probe(operand);
      assert(this.host !== undefined, 'memory operand is written');
      f.get(this.host).get(value).mem(STORE[role.bytes]!);
      this.addresses.commit(this.host);
      return;
    }
    const slot = this.slotOf(role);
    if (registerOf(slot) >= 0) this.registers.write(slot, role.bytes, value);
    else f.i32(slot).get(value).mem(STORE[role.bytes]!);
  }

  gpr(index: number): Local {
    this.site.region.f.get(this.site.region.register(index));
    return this.keep();
  }
  setGpr(index: number, bytes: OperandBytes, value: Local): void {
    this.registers.write(gprSlot(index), bytes, value);
  }
}
