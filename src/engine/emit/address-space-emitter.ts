// MOV to CR3 at CPL 0 in 64-bit mode, as the interpreter runs it itself where it is no exit and the host need not be told of the value: what `VcpuTlb` does with another PCID and to the
// entries of the new one. Whatever is not so is refused before any change, and the helper runs.
import type { Code, Label, Local } from '../../wasm/code';
import type { ModuleBuilder } from '../../wasm/module';
import { S, STATE } from '../../x86/layout';
import { Cr4, PHYSICAL_ADDRESS_BITS } from '../../x86/system/bits';
import { emitDisown } from '../jit/page-cache';
import { emitUnknownRoot } from '../known-roots';
import { QuickAllowed, R, Slot, TLB_STRIDE, Tlb } from '../record';
import { ENTRIES_PER_VCPU, ENTRY_STRIDE, Entry, Header, LIST_LIMIT, RUNNING_TLB, TlbInfo } from '../tlb-layout';
import { emitRefusal } from './system-emitter';

const PCIDE = Number(Cr4.PCIDE);
const PCID_MASK = 0xfff;
const NO_FLUSH_BIT = 63;
const OWN = TlbInfo.valid | TlbInfo.global;

/** (record, fast TLB) → the fast TLB from now on; 0: nothing has happened. R.b: slot of the register. */
export function buildAddressSpace(module: ModuleBuilder): number {
  const { index, code } = module.func(['i32', 'i32'], ['i32']);
  new AddressSpaceEmitter(code).emit();
  return index;
}

class AddressSpaceEmitter {
  private readonly value: Local;
  private readonly pcid: Local;
  private readonly flushes: Local;
  private readonly changes: Local;
  private readonly header: Local;
  private readonly places: Local;
  private readonly overflowed: Local;
  private readonly count: Local;
  private readonly i: Local;
  private readonly place: Local;
  private readonly entry: Local;
  private readonly matches: Local;

  constructor(private readonly f: Code) {
    const i32 = (): Local => f.local('i32');
    this.value = f.local('i64');
    [this.pcid, this.flushes, this.changes, this.header, this.places, this.overflowed] = [i32(), i32(), i32(), i32(), i32(), i32()];
    [this.count, this.i, this.place, this.entry, this.matches] = [i32(), i32(), i32(), i32(), i32()];
  }

  emit(): void {
    const { f, value, pcid, header, changes, flushes } = this;
    const helper = f.block();
    emitRefusal(f, QuickAllowed.controlWrite, helper);
    f.i32(0).mem('i32.load', STATE + S.cpl);
    // The next instruction is fetched in this trip.
    f.i32(0).mem('i32.load', Slot.remaining).i32(0).op('i32.le_s', 'i32.or').brIf(helper);
    this.readValue(helper);
    emitDisown(f);
    f.i32(0)
      .get(value)
      .mem('i64.store', STATE + S.cr3);
    f.i32(0).mem('i32.load', RUNNING_TLB).tee(header).mem('i32.load', Header.pcid).get(pcid).op('i32.ne').set(changes);
    f.get(header).get(pcid).mem('i32.store', Header.pcid);
    f.get(changes).get(flushes).op('i32.or').if();
    this.visitEntries();
    f.end();
    f.i32(0).i64(-1).mem('i64.store', Slot.fetchPage);
    f.get(1).op('return').end().i32(0);
  }

  private readValue(helper: Label): void {
    const { f, value, pcid, flushes } = this;
    f.get(0).mem('i32.load', R.b).mem('i64.load').set(value);
    f.i32(1).set(flushes);
    f.i32(0)
      .mem('i32.load', STATE + S.cr4)
      .i32(PCIDE)
      .op('i32.and')
      .if();
    f.get(value).i64(NO_FLUSH_BIT).op('i64.shr_u', 'i64.eqz').set(flushes);
    f.get(value).i64(0x7fff_ffff_ffff_ffffn).op('i64.and').tee(value).op('i32.wrap_i64').i32(PCID_MASK).op('i32.and').set(pcid);
    f.end();
    f.get(value).i64(PHYSICAL_ADDRESS_BITS).op('i64.shr_u').i64(0).op('i64.ne').brIf(helper);
    emitUnknownRoot(f, value, helper);
  }

  /** Those that may be valid and not global: of another PCID than before they lose their tags; of the new one that is flushed they are gone, the others listed. */
  private visitEntries(): void {
    const { f, header, places, overflowed, count, i, flushes } = this;
    f.i32(ENTRIES_PER_VCPU).get(header).mem('i32.load', Header.count);
    f.get(header).mem('i32.load', Header.overflowed).tee(overflowed).op('select').set(places);
    f.i32(0).tee(count).set(i);
    f.get(flushes).if();
    f.get(header).i32(0).mem('i32.store', Header.overflowed);
    f.end();
    const done = f.block();
    const next = f.loop();
    f.get(i).get(places).op('i32.ge_u').brIf(done);
    this.visit();
    f.get(i).i32(1).op('i32.add').set(i).br(next).end().end();
    f.get(flushes).if();
    f.get(header).get(count).mem('i32.store', Header.count);
    f.end();
  }

  private visit(): void {
    const { f, header, overflowed, i, place, entry, flushes, changes, matches, pcid } = this;
    f.get(overflowed).if();
    f.get(i).set(place);
    f.else().get(header).get(i).i32(1).op('i32.shl', 'i32.add').mem('i32.load16_u', Header.list).set(place).end();
    f.get(header).mem('i32.load', Header.entries).get(place).i32(ENTRY_STRIDE).op('i32.mul', 'i32.add').tee(entry);
    f.mem('i32.load8_u', Entry.info).i32(OWN).op('i32.and').i32(TlbInfo.valid).op('i32.eq').if();
    f.get(flushes).get(entry).mem('i32.load16_u', Entry.pcid).get(pcid).op('i32.eq', 'i32.and').set(matches);
    f.get(changes).get(matches).op('i32.or').if();
    this.disarm();
    f.end();
    f.get(matches).if();
    f.get(entry).i32(0).mem('i32.store8', Entry.info);
    f.else();
    f.get(flushes).if();
    this.list();
    f.end().end();
    f.end();
  }

  /** No page's address: the low half of one ends with zeros. */
  private disarm(): void {
    const { f, header, place } = this;
    const fast = (): Code => f.get(header).mem('i32.load', Header.fast).get(place).i32(TLB_STRIDE).op('i32.mul', 'i32.add');
    for (const tag of [Tlb.read, Tlb.write, Tlb.exec]) fast().i32(-1).mem('i32.store', tag);
  }

  private list(): void {
    const { f, header, count, place } = this;
    f.get(count).i32(LIST_LIMIT).op('i32.lt_u').if();
    f.get(header).get(count).i32(1).op('i32.shl', 'i32.add').get(place).mem('i32.store16', Header.list);
    f.get(count).i32(1).op('i32.add').set(count);
    f.else().get(header).i32(1).mem('i32.store', Header.overflowed).end();
  }
}
