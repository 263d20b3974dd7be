// Which slot of the state a register of an instruction is, in WebAssembly.
import type { ModuleBuilder } from '../../wasm/module';
import { S, STATE } from '../../x86/layout';
import { PlanSource } from './layout';

/** (source, ModRM, opcode, REX) → slot of a general register. */
export function buildSlot(module: ModuleBuilder): number {
  const { index, code: f } = module.func(['i32', 'i32', 'i32', 'i32'], ['i32']);
  const [source, modrm, opcode, rex] = [0, 1, 2, 3];
  const kind = f.local('i32');
  const number = f.local('i32');
  f.get(source).i32(PlanSource.byte).i32(-1).op('i32.xor', 'i32.and').tee(kind).i32(PlanSource.reg).op('i32.eq').if();
  f.get(modrm).i32(3).op('i32.shr_u').i32(7).op('i32.and').get(rex).i32(4).op('i32.and').i32(1).op('i32.shl', 'i32.or').set(number);
  f.else();
  f.get(kind).i32(PlanSource.accumulator).op('i32.ne').if();
  f.get(modrm).get(opcode).get(kind).i32(PlanSource.rm).op('i32.eq', 'select').i32(7).op('i32.and');
  f.get(rex).i32(1).op('i32.and').i32(3).op('i32.shl', 'i32.or').set(number);
  f.end().end();
  // AH to BH: the second byte of the register four before.
  f.get(source).i32(PlanSource.byte).op('i32.and').if();
  f.get(rex).op('i32.eqz').get(number).i32(4).op('i32.sub').i32(4).op('i32.lt_u', 'i32.and').if();
  f.get(number)
    .i32(3)
    .op('i32.shl')
    .i32(STATE + S.gpr - 31)
    .op('i32.add', 'return');
  f.end().end();
  f.get(number)
    .i32(3)
    .op('i32.shl')
    .i32(STATE + S.gpr)
    .op('i32.add');
  return index;
}
