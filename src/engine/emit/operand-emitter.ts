// Operands of a form, read and written: registers through the slots that the record names, memory through a host address, immediates from the record.
import { assert } from '../../base/assert';
import type { Local } from '../../wasm/code';
import type { OperandBytes } from '../../x86/emit/context';
import type { Role } from '../forms';
import { R } from '../record';
import { gprSlot } from '../slots';
import type { HostAddressEmitter } from './host-address-emitter';
import { LOAD, LOAD_SIGNED, STORE } from './memory-ops';
import type { RecordCursor } from './record-cursor';

/** Where a record has the slot of an operand. */
const SLOT_FIELD = { a: R.a, b: R.b, vvvv: R.link, is4: R.imm } as const;

export class OperandEmitter {
  /** Host address of the memory operand after a probe. */
  private host: Local | undefined;

  constructor(
    private readonly cursor: RecordCursor,
    private readonly addresses: HostAddressEmitter,
  ) {}

  startForm(): void {
    this.host = undefined;
  }

  private role(operand: number): Role {
    const { form } = this.cursor;
    const role = form.roles[operand];
    assert(role, `${form.name} has no operand ${operand}`);
    return role;
  }
  sizeOf(operand: number): OperandBytes {
    return this.role(operand).bytes;
  }

  /** Pushes the i32 address of an operand's slot. */
  private slotAddress(role: Role): void {
    if (role.at === 'fixed') this.cursor.f.i32(role.address);
    else this.cursor.field('i32.load', SLOT_FIELD[role.at as keyof typeof SLOT_FIELD]);
  }
  slot(operand: number): Local {
    this.slotAddress(this.role(operand));
    return this.cursor.keep32();
  }
  /** Address of an XMM register's slot, or of the memory operand for reading. */
  xmm(operand: number, bytes: number): Local {
    return this.role(operand).at === 'memory' ? this.addresses.forReading(bytes) : this.slot(operand);
  }

  read(operand: number, signed: boolean): Local {
    const { cursor } = this;
    const { f } = cursor;
    const role = this.role(operand);
    const load = (signed ? LOAD_SIGNED : LOAD)[role.bytes];
    assert(load, `operand ${operand} of ${cursor.form.name} fits a register`);
    switch (role.at) {
      case 'imm':
        // Kept cut to the operand's size.
        cursor.field(role.bytes === 8 || (signed && role.bytes === 4) ? 'i64.load32_s' : 'i64.load32_u', R.imm);
        if (signed && role.bytes < 4) f.op(role.bytes === 1 ? 'i64.extend8_s' : 'i64.extend16_s');
        break;
      case 'imm64':
        cursor.field('i64.load', R.disp);
        break;
      case 'one':
        f.i64(1);
        break;
      case 'memory':
        // A load from a device happens here, before the instruction's other checks: PUSH of such an operand has read the device even where the store to
        // the stack then faults. Devices are read once more when the guest restarts the instruction.
        f.get(this.host ?? this.addresses.forReading(role.bytes)).mem(load);
        break;
      case 'fixed':
        f.i32(role.address).mem(load);
        break;
      case 'rel':
        assert(false, 'a branch target is not read');
        break;
      default:
        this.slotAddress(role);
        f.mem(load);
    }
    return cursor.keep();
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
    const role = this.role(operand);
    if (role.at === 'memory') {
      if (this.host === undefined) this.probe(operand);
      const store = STORE[role.bytes];
      assert(store && this.host !== undefined, 'memory operand is written');
      this.cursor.f.get(this.host).get(value).mem(store);
      this.addresses.commit(this.host);
      return;
    }
    this.slotAddress(role);
    this.storeRegister(role.bytes, value);
  }
  /** The slot's address is on the stack. */
  private storeRegister(bytes: OperandBytes, value: Local): void {
    const { f } = this.cursor;
    f.get(value);
    if (bytes === 4) f.i64(0xffffffff).op('i64.and').mem('i64.store');
    else f.mem(STORE[bytes]!);
  }

  gpr(index: number): Local {
    this.cursor.f.i32(0).mem('i64.load', gprSlot(index));
    return this.cursor.keep();
  }
  setGpr(index: number, bytes: OperandBytes, value: Local): void {
    this.cursor.f.i32(gprSlot(index));
    this.storeRegister(bytes, value);
  }
}
