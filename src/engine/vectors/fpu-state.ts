// x87 and MMX state of a vector, laid into the engine and printed as the oracle prints it.
import { TOP_SHIFT } from '../../x86/fpu/bits';
import type { VcpuState } from '../../x86/vcpu-state';
import type { VectorMachine } from './machine';
import type { Vector } from './vector';

export interface FpuState {
  fcw: number;
  fsw: number;
  /** Abridged. */
  ftw: number;
  /** By stack position. */
  st: bigint[];
}
export const emptyFpu = (): FpuState => ({ fcw: 0x37f, fsw: 0, ftw: 0, st: Array.from({ length: 8 }, () => 0n) });
/** After FNINIT. */
const DEFAULT: Readonly<FpuState> = emptyFpu();
const CONTROLS = ['fcw', 'fsw', 'ftw'] as const;

export function formatFpu(fpu: FpuState): string[] {
  const words: string[] = [];
  for (const name of CONTROLS) if (fpu[name] !== DEFAULT[name]) words.push(`${name}=${fpu[name].toString(16)}`);
  for (const [i, value] of fpu.st.entries()) if (value !== 0n) words.push(`st${i}=${value.toString(16)}`);
  return words;
}
/** True where the word was one of this state. */
export function parseFpu(v: Vector, name: string, text: string): boolean {
  if (name === 'fcw' || name === 'fsw' || name === 'ftw') {
    v.fpu ??= emptyFpu();
    v.fpu[name] = Number.parseInt(text, 16) & 0xffff;
    return true;
  }
  if (!/^st[0-7]$/.test(name)) return false;
  v.fpu ??= emptyFpu();
  v.fpu.st[Number(name[2])] = BigInt.asUintN(80, BigInt(`0x${text}`));
  return true;
}

/** The FPU of a machine that goes from vector to vector. */
export class FpuWindow {
  private readonly state: VcpuState;
  private readonly st: Uint32Array;
  private readonly laid: Uint32Array;
  private before = DEFAULT;
  private top = 0;

  constructor(machine: VectorMachine) {
    this.state = machine.state;
    this.st = machine.st;
    this.laid = new Uint32Array(this.st.length);
  }

  lay(fpu: FpuState = DEFAULT): void {
    const { state } = this;
    this.before = fpu;
    this.top = (fpu.fsw >> TOP_SHIFT) & 7;
    for (const name of CONTROLS) state.setU32(name, fpu[name]);
    if (fpu === DEFAULT) this.st.fill(0);
    else for (const [i, value] of fpu.st.entries()) state.setSt((this.top + i) & 7, value);
    this.laid.set(this.st);
    state.setU32('fop', 0);
    state.setU32('fpSegments', 0);
    state.setU64('fip', 0n);
    state.setU64('fdp', 0n);
  }

  controls(): string {
    let text = '';
    for (const name of CONTROLS) {
      const value = this.state.u32(name);
      if (value !== this.before[name]) text += ` ${name}=${value.toString(16).padStart(name === 'ftw' ? 2 : 4, '0')}`;
    }
    return text;
  }
  registers(): string {
    const { state, st, laid, before } = this;
    const top = (state.u32('fsw') >> TOP_SHIFT) & 7;
    let text = '';
    if (top === this.top && laid.every((word, i) => word === st[i])) return text;
    for (let i = 0; i < 8; i++) {
      const value = state.st((top + i) & 7);
      if (value !== before.st[i]) text += ` st${i}=${value.toString(16).padStart(20, '0')}`;
    }
    return text;
  }
}
