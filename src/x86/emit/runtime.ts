// Arithmetic that WebAssembly has not got, as functions in the module: 64×64→128 multiply, 128/64 divide.
import type { Code, Local } from '../../wasm/code';
import type { ModuleBuilder } from '../../wasm/module';

/** Pushes the high half of an unsigned 64×64 product, from four 32×32 ones. */
export function emitMulHigh(f: Code, a: Local, b: Local, temp: () => Local): void {
  const low = 0xffffffff;
  const [al, ah, bl, bh, mid] = [temp(), temp(), temp(), temp(), temp()];
  f.get(a).i64(low).op('i64.and').set(al).get(a).i64(32).op('i64.shr_u').set(ah);
  f.get(b).i64(low).op('i64.and').set(bl).get(b).i64(32).op('i64.shr_u').set(bh);
  // mid = ah*bl + (al*bl >> 32); high = ah*bh + (mid >> 32) + ((al*bh + low32(mid)) >> 32)
  f.get(ah).get(bl).op('i64.mul').get(al).get(bl).op('i64.mul').i64(32).op('i64.shr_u', 'i64.add').set(mid);
  f.get(ah).get(bh).op('i64.mul').get(mid).i64(32).op('i64.shr_u', 'i64.add');
  f.get(al).get(bh).op('i64.mul').get(mid).i64(low).op('i64.and', 'i64.add').i64(32).op('i64.shr_u', 'i64.add');
}

function mulHighU(module: ModuleBuilder): number {
  const { index, code: f } = module.func(['i64', 'i64'], ['i64']);
  emitMulHigh(f, 0, 1, () => f.local('i64'));
  return index;
}

function mulHighS(module: ModuleBuilder, unsigned: number): number {
  const { index, code: f } = module.func(['i64', 'i64'], ['i64']);
  const [a, b] = [0, 1];
  f.get(a).get(b).call(unsigned);
  f.get(a).i64(63).op('i64.shr_s').get(b).op('i64.and', 'i64.sub');
  f.get(b).i64(63).op('i64.shr_s').get(a).op('i64.and', 'i64.sub');
  return index;
}

/** (high, low, divisor) → quotient, with high < divisor: one bit at a time. */
function divU128(module: ModuleBuilder): number {
  const { index, code: f } = module.func(['i64', 'i64', 'i64'], ['i64']);
  const [high, low, divisor] = [0, 1, 2];
  const top = f.local('i64');
  const n = f.local('i32');
  f.i32(64).set(n);
  const again = f.loop();
  f.get(high).i64(63).op('i64.shr_u').set(top);
  f.get(high).i64(1).op('i64.shl').get(low).i64(63).op('i64.shr_u', 'i64.or').set(high);
  f.get(low).i64(1).op('i64.shl').set(low);
  f.get(top).op('i32.wrap_i64').get(high).get(divisor).op('i64.ge_u', 'i32.or').if();
  f.get(high).get(divisor).op('i64.sub').set(high);
  f.get(low).i64(1).op('i64.or').set(low);
  f.end();
  f.get(n).i32(1).op('i32.sub').tee(n).brIf(again);
  f.end();
  f.get(low);
  return index;
}

export function buildRuntime(module: ModuleBuilder): { mulHighU: number; mulHighS: number; divU128: number } {
  const unsigned = mulHighU(module);
  return { mulHighU: unsigned, mulHighS: mulHighS(module, unsigned), divU128: divU128(module) };
}
