// From the memory operand of a record, or any linear address, to the place in this memory where its bytes are: through the fast TLB, else by the slow path.
import type { Local } from '../../wasm/code';
import { ACCESS_MODIFY, ACCESS_WRITE } from '../access-info';
import { BOUNCE, Exit, R, Tlb } from '../record';
import { emitFastEntryOffset } from '../tlb-index';
import type { FlagEmitter } from './flag-emitter';
import type { RecordCursor } from './record-cursor';

export class HostAddressEmitter {
  /** Added to the memory operand's address (bit strings). */
  private displacement: Local | undefined;

  constructor(
    private readonly cursor: RecordCursor,
    private readonly flags: FlagEmitter,
  ) {}

  startForm(): void {
    this.displacement = undefined;
  }

  /** Pushes the linear address of the memory operand as the record has it. */
  private pushAddress(): void {
    const { f, form } = this.cursor;
    this.cursor.field('i32.load', R.b);
    f.mem('i64.load');
    if (form.memory === 'index') {
      this.cursor.field('i32.load', R.x);
      f.mem('i64.load');
      this.cursor.field('i64.load8_u', R.scale);
      f.op('i64.shl', 'i64.add');
    }
    this.cursor.field('i64.load32_s', R.disp);
    f.op('i64.add');
    if (this.displacement !== undefined) f.get(this.displacement).op('i64.add');
  }
  linear(): Local {
    this.pushAddress();
    return this.cursor.keep();
  }
  displace(): void {
    this.displacement = this.cursor.keep();
  }

  forReading(bytes: number): Local {
    return this.translate(this.linear(), bytes, 0);
  }
  forWriting(bytes: number): Local {
    return this.translate(this.linear(), bytes, ACCESS_WRITE);
  }
  forModifying(bytes: number): Local {
    return this.translate(this.linear(), bytes, ACCESS_WRITE | ACCESS_MODIFY);
  }

  /** Linear to host address; `access` is what the slow path is told beside the size. A store must be followed by `commit`. Nothing of the form is done before all of its
   * accesses are translated. */
  translate(va: Local, bytes: number, access: number): Local {
    this.flags.settle();
    const write = (access & ACCESS_WRITE) !== 0;
    const { cursor } = this;
    const { f, frame } = cursor;
    const host = cursor.temp32();
    const entry = cursor.temp32();
    emitFastEntryOffset(f, () => f.get(va).op('i32.wrap_i64'));
    f.get(frame.tlb)
      .op('i32.add')
      .tee(entry)
      .mem('i64.load', write ? Tlb.write : Tlb.read);
    f.get(va);
    if (bytes > 1) f.i64(bytes - 1).op('i64.add');
    f.i64(-4096).op('i64.and', 'i64.ne');
    f.unlikely().if();
    if (frame.slow) {
      cursor.here();
      frame.slow();
      f.end();
      f.get(va).op('i32.wrap_i64').get(entry).mem('i32.load', Tlb.addend).op('i32.add').set(host);
      return host;
    }
    f.get(va).i32(bytes | access);
    cursor.here();
    f.call(frame.functions.access).tee(host);
    cursor.leaveUnless(Exit.atRecord);
    f.else();
    f.get(va).op('i32.wrap_i64').get(entry).mem('i32.load', Tlb.addend).op('i32.add').set(host);
    f.end();
    return host;
  }
  /** The bytes are stored: a bounced store, which only functions have, goes on to where it belongs. */
  commit(host: Local): void {
    const { f, frame } = this.cursor;
    if (frame.slow) return;
    f.get(host).i32(BOUNCE).op('i32.eq').unlikely().if();
    this.cursor.here();
    f.call(frame.functions.commit);
    f.end();
  }
}
