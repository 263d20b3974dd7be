// Sequences that one handler runs are the same as their instructions one by one: random straight programs of the instructions that are fused, run whole and
// stepped; with data and stack within pages, and over the ends of pages, where an instruction in the middle of a sequence is left to its own function.
import assert from 'node:assert/strict';
import { BareMachine } from './bare-machine';
import { snapshot } from './snapshot';

const SEED = 20_240_611;
function* numbers(seed: number): Generator<number> {
  let x = seed;
  for (;;) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    yield x >>> 8;
  }
}

/** Instruction bytes; R: a ModRM of two registers, M: one of a register and [rsi + disp8], D: of the digit given and a register. Jumps skip one NOP. */
const PIECES: readonly (readonly [string, 'R' | 'M' | number | undefined, string])[] = [
  ...['01', '29', '21', '09', '31', '39', '85', '89', '11', '19'].map((op) => [op, 'R', ''] as const),
  ...['4801', '4829', '4821', '4831', '4839', '4885', '4889'].map((op) => [op, 'R', ''] as const),
  ...['8b', '488b', '89', '4889', '03', '3b', '483b', '0fbe', '0fbf', '0fb6', '0fb7', '48634'.slice(0, 4)].map(
    (op) => [op, 'M', ''] as const,
  ),
  ...['4863', '0fb6'].map((op) => [op, 'R', ''] as const),
  ...['0f1f', '3a', '38', '88', '48634'.slice(0, 4)].map((op) => [op, 'M', ''] as const),
  ...['0faf', '480faf', '0f45', '480f4c'].map((op) => [op, 'R', ''] as const),
  ...[0, 1, 2, 3, 4, 5, 6, 7].flatMap(
    (n) =>
      [
        ['83', n, '7f'],
        ['4883', n, '80'],
        ['80', n, '05'],
      ] as const,
  ),
  ...[0, 1, 4, 5, 7].flatMap(
    (n) =>
      [
        ['c1', n, '03'],
        ['48d1', n, ''],
        ['d0', n, ''],
        ['66d1', n, ''],
      ] as const,
  ),
  ...[0, 1].flatMap(
    (n) =>
      [
        ['ff', n, ''],
        ['fe', n, ''],
      ] as const,
  ),
  ...[2, 3].map((n) => ['48f7', n, ''] as const),
  ...['50', '53', '52', '58', '5b', '5a', '90', '4898', '4899'].map((op) => [op, undefined, ''] as const),
  ...['70', '72', '73', '74', '75', '76', '77', '78', '79', '7a', '7c', '7d', '7e', '7f'].map((op) => [op, undefined, '0190'] as const),
];

function program(random: Generator<number>): string {
  const below = (n: number): number => random.next().value % n;
  const hex = (value: number): string => value.toString(16).padStart(2, '0');
  /** rax rcx rdx rbx rdi: RSP and the base RSI stay. */
  const register = (): number => [0, 1, 2, 3, 7][below(5)]!;
  let code = '';
  for (let i = 0; i < 60; i++) {
    const [op, shape, tail] = PIECES[below(PIECES.length)]!;
    code += op;
    if (shape === 'R') code += hex(0xc0 | (register() << 3) | register());
    else if (shape === 'M') code += hex(0x46 | (register() << 3)) + hex((below(64) * 2 - 64) & 0xff);
    else if (shape !== undefined) code += hex(0xc0 | (shape << 3) | [0, 1, 2, 3][below(4)]!);
    code += tail;
  }
  return `${code}f4`;
}

interface Places {
  readonly data: number;
  readonly stack: number;
}
const WITHIN: Places = { data: 0x20080, stack: 0x80000 };
const OVER: Places = { data: 0x21000 - 3, stack: 0x80004 };

function run(
  code: string,
  registers: readonly bigint[],
  step: number,
  machine: BareMachine,
  { data, stack }: Places,
): Record<string, string> {
  const state = machine.longMode();
  machine.write(0x10000, code);
  machine.write(
    data - 0x80,
    Array.from({ length: 256 }, (_, i) => (i * 151 + 7) & 255),
  );
  machine.write(0x7ff00, new Uint8Array(768));
  registers.forEach((value, i) => {
    state.setGpr(i, value);
  });
  state.setGpr(4, BigInt(stack));
  state.setGpr(6, BigInt(data));
  state.setU64('rip', 0x10000n);
  state.setU64('rflags', 2n);
  state.setU64('retired', 0n);
  for (let i = 0; i < 1000; i++) {
    const result = machine.run(step);
    if (result.kind === 'halted') return snapshot(machine);
    assert.equal(result.kind, 'budget', code);
  }
  throw new Error(`did not halt: ${code}`);
}

describe('engine: fused sequences', () => {
  for (const [where, places] of [
    ['within pages', WITHIN],
    ['over the ends of pages', OVER],
  ] as const)
    it(`equal their instructions one by one, ${where} (seed ${SEED})`, () => {
      const random = numbers(SEED);
      const whole = new BareMachine({ ramSize: 1 << 20 });
      const stepped = new BareMachine({ ramSize: 1 << 20 });
      for (let n = 0; n < 150; n++) {
        const code = program(random);
        const registers = Array.from({ length: 16 }, () => {
          const value = (BigInt(random.next().value) << 40n) ^ (BigInt(random.next().value) << 20n) ^ BigInt(random.next().value);
          return n % 3 ? value : value & 0xffn;
        });
        assert.deepEqual(run(code, registers, 1000, whole, places), run(code, registers, 1, stepped, places), code);
      }
    });
});
