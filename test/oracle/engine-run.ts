// Runs vectors on the project's engine and prints result lines in the oracle's format.
import type { CpuEngine } from '../../src/engine/cpu-engine';
import { CODE_GPA, DATA_GPA, enterUser, readEnd } from './machine';
import { CODE, DATA, DATA_SIZE, GPR, hexBytes, pattern, type Vector } from './vector';

/** CF PF AF ZF SF TF DF OF AC ID: what a vector may set and a result shows; with the two bits that are always one. */
const FLAGS = 0x24_0dd5n;
const SHOWN = FLAGS | 0x202n;
/** As long as the oracle lets a loop run, in instructions. */
const BUDGET = 200_000;

const fresh = Uint8Array.from({ length: DATA_SIZE }, (_, i) => pattern(i));

const place = (engine: CpuEngine, vector: Vector): Uint8Array => {
  const code = new Uint8Array(4096).fill(0xcc);
  code.set(vector.code);
  engine.memory.write(CODE_GPA, code);
  const data = fresh.slice();
  for (const { address, bytes } of vector.memory) data.set(bytes.slice(0, DATA + DATA_SIZE - address), address - DATA);
  engine.memory.write(DATA_GPA, data);
  return data;
};

const differences = (engine: CpuEngine, before: Uint8Array): string[] => {
  const after = engine.memory.read(DATA_GPA, DATA_SIZE)!;
  const [old, now] = [before, after].map((bytes) => new Uint32Array(bytes.buffer, bytes.byteOffset, DATA_SIZE / 4));
  const found: string[] = [];
  for (let i = 0; i < DATA_SIZE / 4; i += 2)
    if (now![i] !== old![i] || now![i + 1] !== old![i + 1])
      found.push(`mem@${(DATA + i * 4).toString(16)}=${hexBytes(after.subarray(i * 4, i * 4 + 8))}`);
  return found.length > 64 ? [...found.slice(0, 64), 'mem=more'] : found;
};

export const runVector = (engine: CpuEngine, vector: Vector): string => {
  const before = place(engine, vector);
  const state = engine.state(0);
  engine.flushTlb(0);
  enterUser(state, vector.mode === '64');
  vector.gpr.forEach((value, i) => {
    state.setGpr(i, value);
  });
  vector.xmm.forEach(([low, high], i) => {
    state.setYmmQuad(i, 0, low);
    state.setYmmQuad(i, 1, high);
  });
  const rflags = (vector.rflags & FLAGS) | 0x202n;
  state.setU64('rip', BigInt(CODE));
  state.setU64('rflags', rflags);
  const words = vector.id === '' ? [] : [`id=${vector.id}`];
  const outcome = engine.runThrough(0, BUDGET);
  if (outcome.kind === 'unimplemented') return [...words, `end=unimplemented ${outcome.text}`].join(' ');
  if (outcome.kind === 'budget') return [...words, 'end=loop'].join(' ');
  if (outcome.kind !== 'halted') return [...words, `end=${outcome.kind}`].join(' ');
  const end = readEnd(engine, state);
  const ok = end.vector === 3;
  words.push(ok ? 'end=ok' : `end=exception vector=${end.vector.toString(16)} error=${(end.error ?? 0n).toString(16)}`);
  if (end.vector === 14) words.push(`cr2=${state.u64('cr2').toString(16)}`);
  for (let i = 0; i < 16; i++) {
    const value = i === 4 ? end.rsp : state.gpr(i);
    if (value !== vector.gpr[i]) words.push(`${GPR[i]}=${value.toString(16)}`);
  }
  const rip = ok ? end.rip - 1n : end.rip;
  if (rip !== BigInt(CODE)) words.push(`rip=${rip.toString(16)}`);
  if (((end.rflags ^ rflags) & FLAGS) !== 0n) words.push(`rflags=${(end.rflags & SHOWN).toString(16)}`);
  const fcw = state.u32('fcw') & 0xffff;
  if (fcw !== 0x37f) words.push(`fcw=${fcw.toString(16).padStart(4, '0')}`);
  const mxcsr = state.u32('mxcsr');
  if (mxcsr !== 0x1f80) words.push(`mxcsr=${mxcsr.toString(16).padStart(8, '0')}`);
  vector.xmm.forEach(([low, high], i) => {
    const value = [state.ymmQuad(i, 1), state.ymmQuad(i, 0)];
    if (value[0] !== high || value[1] !== low) words.push(`xmm${i}=${value.map((half) => half.toString(16).padStart(16, '0')).join('')}`);
  });
  return [...words, ...differences(engine, before)].join(' ');
};
