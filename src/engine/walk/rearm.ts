// Fast tags for an architectural entry that has lost them, as VcpuTlb.armRead and a fetch in TypeScript give them back.
import type { Code } from '../../wasm/code';
import { Entry, Header, TlbInfo, Want } from '../tlb-layout';
import { TlbFiller } from './filler';

/** Pushes 1; or returns 0 where the entry is not there, is of another PCID, or does not allow what is wanted. */
export function emitRearm(f: Code): void {
  const filler = new TlbFiller(f);
  const { lo, hi, want, header, page, info, key } = filler;
  const at = f.local('i32');
  const giveUp = (): void => {
    f.if();
    f.i32(0).op('return').end();
  };
  filler.start();
  giveUp();
  filler.place().tee(at);
  f.mem('i32.load8_u', Entry.info).tee(info).i32(TlbInfo.valid).op('i32.and', 'i32.eqz');
  f.get(lo).i32(-4096).op('i32.and').get(at).mem('i32.load', Entry.lo).op('i32.ne', 'i32.or');
  f.get(at).mem('i32.load', Entry.hi).get(hi).op('i32.ne', 'i32.or');
  f.get(at).mem('i32.load16_u', Entry.pcid).get(header).mem('i32.load', Header.pcid).op('i32.ne');
  f.get(info).i32(TlbInfo.global).op('i32.and', 'i32.eqz', 'i32.and', 'i32.or');
  f.get(info)
    .i32(TlbInfo.writable | TlbInfo.dirty)
    .op('i32.and')
    .i32(TlbInfo.writable | TlbInfo.dirty)
    .op('i32.ne');
  f.get(want).i32(Want.write).op('i32.eq', 'i32.and', 'i32.or');
  giveUp();
  f.get(at).mem('i32.load', Entry.gfn).set(page);
  f.get(at).mem('i32.load8_u', Entry.key).set(key);
  filler.arm(false);
  f.i32(1);
}
