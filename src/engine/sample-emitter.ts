// A sample of a profile in the interpreter's module: a vCPU's registers and a piece of its stack, copied by a walk that changes nothing (peek.ts does the
// same for everybody else). In a long mode with paging; anything else is left to TypeScript.
import type { Code, Local } from '../wasm/code';
import type { ModuleBuilder } from '../wasm/module';
import { FRAME_TABLE, FRAME_TABLE_FRAMES, FrameKind, ModeBit, PAGE_SIZE, S, SEGMENT_STRIDE, SegmentField } from '../x86/layout';
import { SAMPLED_FIELDS } from '../x86/sampled-registers';
import { buildFindStack, buildIsSameStack } from './emit/known-stack-emitter';
import { SAMPLE_BYTES, StackEntry } from './record';

const WORD = 8;
/** The stack follows the registers. */
export const SAMPLED_REGISTER_BYTES = SAMPLED_FIELDS.length * WORD;
export const SAMPLED_STACK_BYTES = SAMPLE_BYTES - SAMPLED_REGISTER_BYTES;

/** What `sample` gives where it leaves a vCPU to TypeScript; below it, a stack that is known, by its number. */
export const UNSAMPLED = -1;
export const knownStack = (number: number): number => UNSAMPLED - 1 - number;

const RSP = S.gpr + 4 * WORD;
const RIP_AT = SAMPLED_FIELDS.indexOf(S.rip) * WORD;
const CS = S.segments + SEGMENT_STRIDE + SegmentField.selector;
const SS_BASE = S.segments + 2 * SEGMENT_STRIDE + SegmentField.base;
const LONG_PAGED = ModeBit.paging | ModeBit.longMode;
const CR4_LA57 = 1 << 12;
const P = 1;
const PS = 0x80;
const ADDRESS = 0xf_ffff_ffff_f000n;
/** log2 of what an entry of the fourth level spans: no page is so large. */
const PML4_SHIFT = 39;

/** (offset of the vCPU's state, most bytes of its stack, where to, bytes that RIP is to lie before where it is) → how many bytes of stack there are; UNSAMPLED; or
 * `knownStack`, and nothing is put anywhere. */
export function buildSample(module: ModuleBuilder): number {
  const [find, isSame] = [buildFindStack(module), buildIsSameStack(module)];
  const { index, code: f } = module.func(['i32', 'i32', 'i32', 'i32'], ['i32'], 'sample');
  const [state, most, to, back] = [0, 1, 2, 3];
  const [done, frame, part, known] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
  const [address, table, entry] = [f.local('i64'), f.local('i64'), f.local('i64')];
  const [shift, bits, mask] = [f.local('i64'), f.local('i64'), f.local('i64')];
  f.get(state).mem('i32.load', S.mode).i32(LONG_PAGED).op('i32.and').i32(LONG_PAGED).op('i32.ne').if();
  f.i32(UNSAMPLED).op('return').end();
  f.get(state).get(back).call(find).set(known);
  const again = f.loop();
  const whole = f.block();
  f.get(state).mem('i64.load', RSP).get(state).mem('i64.load', SS_BASE).op('i64.add').set(address);
  // Bits of an address that are translated.
  f.i64(57).i64(48).get(state).mem('i32.load', S.cr4).i32(CR4_LA57).op('i32.and', 'select').set(bits);
  const pages = f.loop();
  f.get(done).get(most).op('i32.ge_u').brIf(whole);
  f.i64(64).get(bits).op('i64.sub').set(shift);
  f.get(address).get(shift).op('i64.shl').get(shift).op('i64.shr_s').get(address).op('i64.ne').brIf(whole);
  f.get(state).mem('i64.load', S.cr3).i64(ADDRESS).op('i64.and').set(table);
  f.get(bits).set(shift);
  const levels = f.loop();
  f.get(shift).i64(9).op('i64.sub').set(shift);
  f.get(table).get(address).get(shift).op('i64.shr_u').i64(511).op('i64.and').i64(3).op('i64.shl', 'i64.or').set(table);
  emitFrame(f, table, frame);
  f.brIf(whole);
  f.get(frame).get(table).op('i32.wrap_i64').i32(4095).op('i32.and', 'i32.or').mem('i64.load').tee(entry);
  f.op('i32.wrap_i64').i32(P).op('i32.and', 'i32.eqz').brIf(whole);
  f.get(entry).i64(ADDRESS).op('i64.and').set(table);
  // Not a page yet?
  f.get(shift).i64(12).op('i64.ne');
  f.get(entry).op('i32.wrap_i64').i32(PS).op('i32.and', 'i32.eqz').get(shift).i64(PML4_SHIFT).op('i64.ge_s', 'i32.or', 'i32.and');
  f.brIf(levels);
  f.end();
  f.i64(-1).get(shift).op('i64.shl').set(mask);
  f.get(table).get(mask).op('i64.and').get(address).get(mask).i64(-1).op('i64.xor', 'i64.and', 'i64.or').set(table);
  emitFrame(f, table, frame);
  f.brIf(whole);
  f.i32(PAGE_SIZE).get(address).op('i32.wrap_i64').i32(4095).op('i32.and', 'i32.sub').tee(part);
  f.get(most).get(done).op('i32.sub').get(part).get(most).get(done).op('i32.sub', 'i32.lt_u', 'select').set(part);
  f.get(frame).get(table).op('i32.wrap_i64').i32(4095).op('i32.and', 'i32.or').set(frame);
  f.get(known).if();
  f.get(known).get(frame).get(done).get(part).call(isSame).op('i32.eqz').if();
  f.i32(0).tee(known).set(done).br(again).end();
  f.else();
  f.get(to).i32(SAMPLED_REGISTER_BYTES).op('i32.add').get(done).op('i32.add').get(frame).get(part).memoryCopy();
  f.end();
  f.get(done).get(part).op('i32.add').set(done);
  f.get(address).get(part).op('i64.extend_i32_u', 'i64.add').set(address);
  f.br(pages);
  f.end();
  f.end();
  f.get(known).if();
  f.get(done).get(known).mem('i32.load', StackEntry.length).op('i32.eq').if();
  f.i32(knownStack(0)).get(known).mem('i32.load', StackEntry.number).op('i32.sub', 'return').end();
  f.i32(0).tee(known).set(done).br(again).end();
  f.end();
  for (const [i, field] of SAMPLED_FIELDS.entries())
    f.get(to)
      .get(state)
      .mem(field === CS ? 'i64.load32_u' : 'i64.load', field)
      .mem('i64.store', i * WORD);
  f.get(to).get(to).mem('i64.load', RIP_AT).get(back).op('i64.extend_i32_u', 'i64.sub').mem('i64.store', RIP_AT);
  f.get(done);
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
