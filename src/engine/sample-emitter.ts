// A sample of a profile in the interpreter's module: a vCPU's registers and a piece of its stack, copied by a walk that changes nothing (peek.ts does the
// same for everybody else). In a long mode with paging; anything else is left to TypeScript.
import type { Code, Local } from '../wasm/code';
import type { ModuleBuilder } from '../wasm/module';
import { FRAME_TABLE, FRAME_TABLE_FRAMES, FrameKind, ModeBit, PAGE_SIZE, S, SEGMENT_STRIDE, SegmentField } from '../x86/layout';
import { SAMPLED_FIELDS } from '../x86/sampled-registers';
import { SAMPLE_BYTES } from './record';

const WORD = 8;
/** The stack follows the registers. */
export const SAMPLED_REGISTER_BYTES = SAMPLED_FIELDS.length * WORD;
export const SAMPLED_STACK_BYTES = SAMPLE_BYTES - SAMPLED_REGISTER_BYTES;

const RSP = S.gpr + 4 * WORD;
const CS = S.segments + SEGMENT_STRIDE + SegmentField.selector;
const SS_BASE = S.segments + 2 * SEGMENT_STRIDE + SegmentField.base;
const LONG_PAGED = ModeBit.paging | ModeBit.longMode;
const CR4_LA57 = 1 << 12;
const P = 1;
const PS = 0x80;
const ADDRESS = 0xf_ffff_ffff_f000n;
/** log2 of what an entry of the fourth level spans: no page is so large. */
const PML4_SHIFT = 39;

/** (offset of the vCPU's state, most bytes of its stack, where to) → how many there are, or -1: left to TypeScript. */
export function buildSample(module: ModuleBuilder): number {
  const { index, code: f } = module.func(['i32', 'i32', 'i32'], ['i32'], 'sample');
  const [state, most, to] = [0, 1, 2];
  const [done, frame, part] = [f.local('i32'), f.local('i32'), f.local('i32')];
  const [address, table, entry] = [f.local('i64'), f.local('i64'), f.local('i64')];
  const [shift, bits, mask] = [f.local('i64'), f.local('i64'), f.local('i64')];
  const endIf = (): void => {
    f.if();
    f.get(done).op('return').end();
  };
  for (const [i, field] of SAMPLED_FIELDS.entries())
    f.get(to)
      .get(state)
      .mem(field === CS ? 'i64.load32_u' : 'i64.load', field)
      .mem('i64.store', i * WORD);
  f.get(state).mem('i32.load', S.mode).i32(LONG_PAGED).op('i32.and').i32(LONG_PAGED).op('i32.ne').if();
  f.i32(-1).op('return').end();
  f.get(state).mem('i64.load', RSP).get(state).mem('i64.load', SS_BASE).op('i64.add').set(address);
  // Bits of an address that are translated.
  f.i64(57).i64(48).get(state).mem('i32.load', S.cr4).i32(CR4_LA57).op('i32.and', 'select').set(bits);
  const pages = f.loop();
  f.get(done).get(most).op('i32.ge_u');
  endIf();
  f.i64(64).get(bits).op('i64.sub').set(shift);
  f.get(address).get(shift).op('i64.shl').get(shift).op('i64.shr_s').get(address).op('i64.ne');
  endIf();
  f.get(state).mem('i64.load', S.cr3).i64(ADDRESS).op('i64.and').set(table);
  f.get(bits).set(shift);
  const levels = f.loop();
  f.get(shift).i64(9).op('i64.sub').set(shift);
  f.get(table).get(address).get(shift).op('i64.shr_u').i64(511).op('i64.and').i64(3).op('i64.shl', 'i64.or').set(table);
  emitFrame(f, table, frame);
  endIf();
  f.get(frame).get(table).op('i32.wrap_i64').i32(4095).op('i32.and', 'i32.or').mem('i64.load').tee(entry);
  f.op('i32.wrap_i64').i32(P).op('i32.and', 'i32.eqz');
  endIf();
  f.get(entry).i64(ADDRESS).op('i64.and').set(table);
  // Not a page yet?
  f.get(shift).i64(12).op('i64.ne');
  f.get(entry).op('i32.wrap_i64').i32(PS).op('i32.and', 'i32.eqz').get(shift).i64(PML4_SHIFT).op('i64.ge_s', 'i32.or', 'i32.and');
  f.brIf(levels);
  f.end();
  f.i64(-1).get(shift).op('i64.shl').set(mask);
  f.get(table).get(mask).op('i64.and').get(address).get(mask).i64(-1).op('i64.xor', 'i64.and', 'i64.or').set(table);
  emitFrame(f, table, frame);
  endIf();
  f.i32(PAGE_SIZE).get(address).op('i32.wrap_i64').i32(4095).op('i32.and', 'i32.sub').tee(part);
  f.get(most).get(done).op('i32.sub').get(part).get(most).get(done).op('i32.sub', 'i32.lt_u', 'select').set(part);
  f.get(to).i32(SAMPLED_REGISTER_BYTES).op('i32.add').get(done).op('i32.add');
  f.get(frame).get(table).op('i32.wrap_i64').i32(4095).op('i32.and', 'i32.or').get(part).memoryCopy();
  f.get(done).get(part).op('i32.add').set(done);
  f.get(address).get(part).op('i64.extend_i32_u', 'i64.add').set(address);
  f.br(pages);
  f.end();
  f.op('unreachable');
  return index;
}

/** Leaves 0 on the stack where a guest-physical address is in RAM, with the offset of its frame in `frame`. */
function emitFrame(f: Code, gpa: Local, frame: Local): void {
  f.i32(0).set(frame);
  f.get(gpa).i64(12).op('i64.shr_u').i64(FRAME_TABLE_FRAMES).op('i64.lt_u').if();
  f.get(gpa).i64(12).op('i64.shr_u', 'i32.wrap_i64').i32(2).op('i32.shl').mem('i32.load', FRAME_TABLE).set(frame);
  f.end();
  f.get(frame).i32(FrameKind.ram).op('i32.and', 'i32.eqz');
  f.get(frame).i32(-PAGE_SIZE).op('i32.and').set(frame);
}
