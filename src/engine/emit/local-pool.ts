// Pools of locals of one WebAssembly function, shared by all handlers in it: each handler takes them from the start again.
import type { Code, Local } from '../../wasm/code';

type PoolType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

export class LocalPool {
  private readonly locals: Record<PoolType, Local[]> = { i32: [], i64: [], f32: [], f64: [], v128: [] };
  private readonly used: Record<PoolType, number> = { i32: 0, i64: 0, f32: 0, f64: 0, v128: 0 };

  constructor(private readonly f: Code) {}

  reset(): void {
    this.used.i32 = 0;
    this.used.i64 = 0;
    this.used.f32 = 0;
    this.used.f64 = 0;
    this.used.v128 = 0;
  }
  take(type: PoolType): Local {
    const list = this.locals[type];
    const at = this.used[type]++;
    let local = list[at];
    if (local === undefined) {
      local = this.f.local(type);
      list[at] = local;
    }
    return local;
  }
}
