// Short sequences: a random vector and one to three register instructions behind it, so that flags and results flow from one to the next.

import type { InsnRow } from '../../src/x86/insn/row';
import { INSN_ROWS } from '../../src/x86/insn/rows';
import { type Generated, generate, type Subject, subjects } from './generate';
import type { Random } from './random';
import { mayLeaveOverflow } from './undefined-flags';

/** Their differences are explained by the vector's bytes, which a sequence hides. */
const ALONE: readonly string[] = ['SHLD', 'SHRD', 'PUSH', 'LDMXCSR'];

function fits(row: InsnRow): boolean {
  if (row.unit !== undefined || row.feature !== undefined || row.helper !== undefined || row.ends || row.rep) return false;
  const jumps = row.operands.some((o) => o.kind === 'rel') || row.name === 'JMP' || row.name === 'CALL';
  return !jumps && !ALONE.includes(row.name) && !row.encoding.startsWith('0F 0D');
}
const inMemory = (row: InsnRow): boolean => row.operands.some((o) => o.kind === 'm' || o.kind === 'moffs');

const letters = (text: string | undefined): readonly string[] => [...(text ?? '')];
const undefinedOf = (row: InsnRow): readonly string[] => letters(`${row.flags?.undefined ?? ''}${mayLeaveOverflow(row) ? 'o' : ''}`);

export class Sequences {
  private readonly all = subjects(INSN_ROWS).filter(({ row }) => fits(row));
  private readonly next = this.all.filter(({ row }) => !inMemory(row) && row.name !== 'POP');

  constructor(private readonly random: Random) {}

  /** Registers only: generated anew until it has no memory operand. */
  private registerCode(subject: Subject): Uint8Array | undefined {
    for (let tries = 0; tries < 8; tries++) {
      const { vector, inMemory } = generate(subject, this.random, '');
      if (!inMemory && vector.memory.length === 0) return vector.code;
    }
    return undefined;
  }

  make(count: number): Generated[] {
    return Array.from({ length: count }, (_, i) => this.one(`seq.${i.toString(36)}`));
  }

  private one(id: string): Generated {
    const { random } = this;
    const first = random.pick(this.all);
    const made = generate(first, random, id);
    const undefinedFlags = new Set(undefinedOf(first.row));
    const followers = this.next.filter(({ mode32 }) => mode32 === first.mode32);
    const parts = [made.vector.code];
    for (let n = 1 + random.below(3); n > 0; n--) {
      const subject = random.pick(followers);
      const { flags } = subject.row;
      if (letters(flags?.read).some((letter) => undefinedFlags.has(letter))) continue;
      const code = this.registerCode(subject);
      if (!code) continue;
      parts.push(code);
      if (!flags?.conditional) for (const letter of letters(flags?.write)) undefinedFlags.delete(letter);
      for (const letter of undefinedOf(subject.row)) undefinedFlags.add(letter);
    }
    made.vector.code = Uint8Array.from(parts.flatMap((part) => [...part]));
    return made;
  }
}
