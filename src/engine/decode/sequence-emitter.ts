// What a decoded block's records get last, in WebAssembly: branches learn what they give back, and sequences of handlers that one handler runs become one.
import type { Code, Local } from '../../wasm/code';
import type { ModuleBuilder } from '../../wasm/module';
import { Micro } from '../handlers';
import { R, RECORD_SIZE } from '../record';
import { LOOKED_UP, NODES, ROOTS } from './layout';

class SequenceEmitter {
  private readonly at: Local = 0;
  private readonly end: Local = 1;
  private readonly count: Local = 2;
  private readonly op: Local;
  private readonly root: Local;
  private readonly node: Local;
  private readonly next: Local;
  private readonly entry: Local;
  private readonly entries: Local;
  private readonly best: Local;
  private readonly bestEnd: Local;

  constructor(private readonly f: Code) {
    const i32 = (): Local => f.local('i32');
    [this.op, this.root, this.node, this.next] = [i32(), i32(), i32(), i32()];
    [this.entry, this.entries, this.best, this.bestEnd] = [i32(), i32(), i32(), i32()];
  }

  emit(): void {
    const { f } = this;
    const done = f.block();
    const again = f.loop();
    f.get(this.at).get(this.end).op('i32.ge_u').brIf(done);
    f.get(this.at).mem('i32.load16_u', R.op).tee(this.op);
    f.i32(Micro.cli)
      .op('i32.sub')
      .i32(Micro.undefined - Micro.cli)
      .op('i32.le_u')
      .if();
    this.giveBack(0);
    f.end();
    this.lookedUp();
    f.get(this.at).i32(RECORD_SIZE).op('i32.add').set(this.bestEnd);
    f.get(this.root)
      .i32(LOOKED_UP - 1)
      .op('i32.and')
      .tee(this.node)
      .if();
    this.longest();
    f.get(this.best).if();
    f.get(this.at).get(this.best).mem('i32.store16', R.op);
    f.end().end();
    // Only a sequence's last one may be a branch.
    const parts = f.loop();
    f.get(this.at).i32(RECORD_SIZE).op('i32.add').tee(this.at).get(this.bestEnd).op('i32.ge_u').brIf(again);
    f.get(this.at).mem('i32.load16_u', R.op).set(this.op);
    this.lookedUp();
    f.br(parts);
    f.end();
    f.end();
    f.end();
  }

  /** Instructions of the block behind the record's, and its own unless `less`. */
  private giveBack(less: number): void {
    const { f } = this;
    f.get(this.at).get(this.count).get(this.at).mem('i32.load8_u', R.k).op('i32.sub').i32(less).op('i32.sub').mem('i32.store', R.imm);
  }
  private lookedUp(): void {
    const { f } = this;
    f.get(this.op).i32(1).op('i32.shl').mem('i32.load16_u', ROOTS).tee(this.root).i32(LOOKED_UP).op('i32.and').if();
    this.giveBack(1);
    f.end();
  }

  /** The longest sequence that begins at the record, from the node of its handler. */
  private longest(): void {
    const { f } = this;
    f.i32(0).set(this.best);
    f.get(this.bestEnd).set(this.next);
    const out = f.block();
    const further = f.loop();
    f.get(this.next).get(this.end).op('i32.ge_u').brIf(out);
    f.get(this.next).mem('i32.load16_u', R.op).set(this.op);
    f.get(this.node).i32(1).op('i32.shl').i32(NODES).op('i32.add').tee(this.entry);
    f.mem('i32.load16_u', 2).i32(2).op('i32.shl').get(this.entry).op('i32.add').set(this.entries);
    const found = f.block();
    const search = f.loop();
    f.get(this.entry).get(this.entries).op('i32.eq').brIf(out);
    f.get(this.entry).i32(4).op('i32.add').tee(this.entry).mem('i32.load16_u', 0).get(this.op).op('i32.eq').brIf(found);
    f.br(search);
    f.end();
    f.end();
    f.get(this.next).i32(RECORD_SIZE).op('i32.add').set(this.next);
    f.get(this.entry).mem('i32.load16_u', 2).tee(this.node).i32(1).op('i32.shl').mem('i32.load16_u', NODES).tee(this.op).if();
    f.get(this.op).set(this.best);
    f.get(this.next).set(this.bestEnd);
    f.end();
    f.br(further);
    f.end();
    f.end();
  }
}

/** Exports `finishBlock`: (first record, behind the last one, instructions). */
export function buildSequences(module: ModuleBuilder): number {
  const { index, code } = module.func(['i32', 'i32', 'i32'], [], 'finishBlock');
  new SequenceEmitter(code).emit();
  return index;
}
