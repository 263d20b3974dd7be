// IN and OUT at CPL 0 in 64-bit mode as the interpreter runs them itself: an exit to a port that is known to be plain (run/port-table.ts) and of which nobody has
// to be told at once. Whatever is not so is refused before any change, and the helper runs. R.a is the port, or DX's mark; R.scale the size, with PORT_OUT.
import type { Code, Label, Local } from '../../wasm/code';
import type { ModuleBuilder } from '../../wasm/module';
import { Gpr, ModeBit, S, STATE } from '../../x86/layout';
import {
  ExitCell,
  PORT_ENTRIES,
  PORT_SIZE_SHIFT,
  PORT_STRIDE,
  PORT_TABLE,
  PORT_WRITE,
  PortEntry,
  QUICK_ALLOWED,
  QuickAllowed,
  R,
} from '../record';
import { gprSlot } from '../slots';
import { ExitLogEmitter } from './exit-log-emitter';

/** R.a: the port is in DX. */
export const PORT_IN_DX = 0x1_0000;
/** R.scale: written, not read. */
export const PORT_OUT = 0x80;
const DR7_ENABLED = 0xff;

/** (record) → 1: done; 0: nothing has happened. */
export function buildPort(module: ModuleBuilder, handOver: number): number {
  const { index, code } = module.func(['i32'], ['i32']);
  new PortEmitter(code, new ExitLogEmitter(code, 0, 'io', handOver)).emit();
  return index;
}

class PortEmitter {
  private readonly port: Local;
  private readonly size: Local;
  private readonly key: Local;
  private readonly entry: Local;
  private readonly value: Local;
  private readonly mask: Local;
  private readonly isOut: Local;

  constructor(
    private readonly f: Code,
    private readonly log: ExitLogEmitter,
  ) {
    [this.port, this.size, this.key] = [f.local('i32'), f.local('i32'), f.local('i32')];
    [this.entry, this.value, this.mask, this.isOut] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
  }

  private state(offset: number): Code {
    return this.f.i32(0).mem('i32.load', STATE + offset);
  }

  /** The function's body. */
  emit(): void {
    const { f, port, size, key, entry, value, mask, isOut, log } = this;
    const helper = f.block();
    this.refuseUnusual(helper);
    log.check(helper);
    this.findPort(helper);
    // 8 bits, 16 or 32.
    f.i32(-1).i32(32).get(size).i32(3).op('i32.shl', 'i32.sub', 'i32.shr_u').set(mask);
    f.get(isOut).if();
    f.i32(0).mem('i32.load', gprSlot(Gpr.rax)).get(mask).op('i32.and').set(value);
    this.write(helper);
    f.else();
    f.get(entry).mem('i32.load', PortEntry.value).set(value);
    f.end();
    log.emit(
      [
        () => f.get(port).op('i64.extend_i32_u'),
        () => f.get(size).op('i64.extend_i32_u'),
        () => f.get(isOut).i32(0).op('i32.ne', 'i64.extend_i32_u'),
        () => f.get(value).op('i64.extend_i32_u'),
      ],
      () => f.get(key).op('i64.extend_i32_u').get(value).op('i64.extend_i32_u').i64(32).op('i64.shl', 'i64.or'),
    );
    f.get(isOut).op('i32.eqz').if();
    this.setAccumulator();
    f.end();
    f.i32(1).op('return').end().i32(0);
  }

  private refuseUnusual(helper: Label): void {
    const { f } = this;
    f.i32(0).mem('i32.load', QUICK_ALLOWED).i32(QuickAllowed.io).op('i32.and', 'i32.eqz').brIf(helper);
    this.state(S.mode).i32(ModeBit.code64).op('i32.and', 'i32.eqz');
    for (const field of [S.cpl, S.pmuActive]) this.state(field).op('i32.or');
    this.state(S.dr + 7 * 8)
      .i32(DR7_ENABLED)
      .op('i32.and', 'i32.or')
      .brIf(helper);
  }

  private findPort(helper: Label): void {
    const { f, port, size, key, entry } = this;
    f.get(0).mem('i32.load', R.a).tee(port).i32(PORT_IN_DX).op('i32.eq').if();
    f.i32(0).mem('i32.load16_u', gprSlot(Gpr.rdx)).set(port).end();
    f.get(0).mem('i32.load8_u', R.scale).i32(7).op('i32.and').set(size);
    f.get(port).get(size).i32(PORT_SIZE_SHIFT).op('i32.shl', 'i32.or');
    f.get(0)
      .mem('i32.load8_u', R.scale)
      .i32(PORT_OUT)
      .op('i32.and')
      .tee(this.isOut)
      .i32(PORT_WRITE / PORT_OUT)
      .op('i32.mul', 'i32.or')
      .tee(key);
    f.get(port)
      .i32(PORT_ENTRIES - 1)
      .op('i32.and')
      .i32(PORT_STRIDE)
      .op('i32.mul')
      .i32(PORT_TABLE)
      .op('i32.add')
      .tee(entry);
    f.mem('i32.load', PortEntry.key).op('i32.ne');
    f.get(entry).mem('i32.load', PortEntry.generation).i32(0).mem('i32.load', ExitCell.portGeneration).op('i32.ne', 'i32.or').brIf(helper);
  }

  /** One port's writes wait for the host at a time. What may be read there is another value from now on: another generation, but this port may be written in it. */
  private write(helper: Label): void {
    const { f, key, entry, value } = this;
    f.i32(0)
      .mem('i32.load', ExitCell.writtenKey)
      .tee(this.port)
      .i32(0)
      .op('i32.ne')
      .get(this.port)
      .get(key)
      .op('i32.ne', 'i32.and')
      .brIf(helper);
    f.get(key).i32(0xffff).op('i32.and').set(this.port);
    f.i32(0).get(key).mem('i32.store', ExitCell.writtenKey);
    f.i32(0).get(value).mem('i32.store', ExitCell.writtenValue);
    f.i32(0).i32(0).mem('i32.load', ExitCell.portGeneration).i32(1).op('i32.add').mem('i32.store', ExitCell.portGeneration);
    f.get(entry).i32(0).mem('i32.load', ExitCell.portGeneration).mem('i32.store', PortEntry.generation);
  }

  /** AL or AX within RAX; EAX clears what is above. */
  private setAccumulator(): void {
    const { f, size, value, mask } = this;
    f.i32(0);
    f.get(value).op('i64.extend_i32_u');
    f.i32(0).mem('i64.load', gprSlot(Gpr.rax)).get(mask).op('i64.extend_i32_u').i64(-1).op('i64.xor', 'i64.and').get(value);
    f.op('i64.extend_i32_u', 'i64.or');
    f.get(size).i32(4).op('i32.eq', 'select').mem('i64.store', gprSlot(Gpr.rax));
  }
}
