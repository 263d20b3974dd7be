// The page walker and what gives live entries their fast tags back, as functions of the interpreter's module.
import type { ModuleBuilder } from '../wasm/module';
import { QuickWalkEmitter } from './walk/quick-walk';
import { emitRearm } from './walk/rearm';
import { WalkerEmitter } from './walk/walker';

/** (MMU index, low and high half of an address, Want) → 1 with the TLB's entry filled, or 0. */
export function buildPageWalker(module: ModuleBuilder): number {
  const whole = module.func(['i32', 'i32', 'i32', 'i32'], ['i32']);
  new WalkerEmitter(whole.code).emit();
  const { index, code } = module.func(['i32', 'i32', 'i32', 'i32'], ['i32'], 'walk');
  new QuickWalkEmitter(code).emit();
  code.get(0).get(1).get(2).get(3).call(whole.index);
  return index;
}

/** The same parameters → 1 where the TLB has such an entry, whose tags are those that it and its frame allow then (a change of PCID takes them away), or 0. */
export function buildRearm(module: ModuleBuilder): number {
  const { index, code } = module.func(['i32', 'i32', 'i32', 'i32'], ['i32']);
  emitRearm(code);
  return index;
}
