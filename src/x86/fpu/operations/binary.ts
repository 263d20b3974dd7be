// FADD, FMUL, FSUB, FSUBR, FDIV and FDIVR in all their forms.
import { add80, div80, mul80, sub80 } from '../arithmetic';
import { FROM_MEMORY, MEMORY_KINDS, type MemoryKind } from './memory-operand';
import { type Binary, type FpuOperation, replace } from './operation';

const reversed =
  (run: Binary): Binary =>
  (a, b, env) =>
    run(b, a, env);
const BINARY = { add: add80, mul: mul80, sub: sub80, subr: reversed(sub80), div: div80, divr: reversed(div80) } as const;

const withRegister =
  (run: Binary, pops: number, toTop: boolean): FpuOperation =>
  (u, i) =>
    toTop ? replace(u, 0, u.isEmpty(i), () => u.get(i), run, pops) : replace(u, i, u.isEmpty(0), () => u.get(0), run, pops);
const withMemory =
  (run: Binary, kind: MemoryKind): FpuOperation =>
  (u, at) =>
    replace(u, 0, false, (env) => FROM_MEMORY[kind](u, at, env), run);

type BinaryName = keyof typeof BINARY;
export const binaryOperations = Object.fromEntries(
  (Object.keys(BINARY) as BinaryName[]).flatMap((name) => [
    [`${name}.st0`, withRegister(BINARY[name], 0, true)],
    [`${name}.sti`, withRegister(BINARY[name], 0, false)],
    [`${name}.pop`, withRegister(BINARY[name], 1, false)],
    ...MEMORY_KINDS.map((kind) => [`${name}.${kind}`, withMemory(BINARY[name], kind)]),
  ]),
) as Record<`${BinaryName}.${'st0' | 'sti' | 'pop' | MemoryKind}`, FpuOperation>;
