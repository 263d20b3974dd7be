// What a campaign has covered: row × form of the operand × mode, how its vectors ended natively, and which faults it has not seen yet.

import assert from 'node:assert/strict';
import type { Aim, AimKind } from './aims';
import { type Form, hasResultElsewhere, SEEN_FAULTS } from './faults';
import type { Generated, Subject } from './generate';

interface Cell extends Form {
  subject: Subject;
  ok: number;
  /** By exception vector. */
  faults: Map<string, number>;
}

/** A fault that was not seen, and how to make a vector that shows it. */
interface Gap {
  text: string;
  subject: Subject;
  aim: Aim;
}

const nameOf = ({ row, inMemory, mode32 }: Form): string =>
  `${row.name} ${row.encoding} | ${inMemory ? 'memory' : 'register'} | ${mode32 ? 32 : 64}`;

/** Whether the operand may be in memory, for each form that the row has. */
function formsOf({ row, parsed }: Subject): boolean[] {
  const { encoding } = parsed;
  if (encoding.immediates.includes('mo')) return [true];
  const special = row.operands.some(({ kind }) => kind === 'creg' || kind === 'dreg');
  if (!encoding.hasModrm || encoding.modrm >= 0 || special || encoding.form === 'register') return [false];
  return encoding.form === 'memory' ? [true] : [false, true];
}

export class Coverage {
  private readonly cells = new Map<string, Cell>();

  constructor(subjects: readonly Subject[]) {
    for (const subject of subjects)
      for (const inMemory of formsOf(subject)) {
        const { row, mode32 } = subject;
        this.cells.set(nameOf({ row, inMemory, mode32 }), { row, inMemory, mode32, subject, ok: 0, faults: new Map() });
      }
  }

  add(made: readonly Generated[], native: readonly string[]): void {
    for (const [i, { subject, inMemory }] of made.entries()) {
      const cell = this.cells.get(nameOf({ row: subject.row, inMemory, mode32: subject.mode32 }));
      assert.ok(cell, `${subject.row.name} ${subject.row.encoding} has this form`);
      const fault = / vector=([0-9a-f]+)/.exec(native[i] ?? '')?.[1];
      if (fault === undefined) cell.ok++;
      else cell.faults.set(fault, (cell.faults.get(fault) ?? 0) + 1);
    }
  }

  /** Results and faults that a form has and no vector showed. */
  gaps(): Gap[] {
    return [...this.cells.values()].flatMap((cell) => {
      const { subject, inMemory } = cell;
      const gap = (what: string, kind: AimKind): Gap => ({ text: `${nameOf(cell)}: ${what}`, subject, aim: { kind, inMemory } });
      const unseen = SEEN_FAULTS.filter(({ vectors, applies }) => !vectors.some((vector) => cell.faults.has(vector)) && applies(cell));
      const faults = unseen.map(({ fault, aim }) => gap(fault, aim));
      return cell.ok > 0 || hasResultElsewhere(cell.row) ? faults : [gap('a result', 'any'), ...faults];
    });
  }

  /** Two lines for all, and one for every cell if `whole`. */
  lines(whole: boolean): string[] {
    const cells = [...this.cells.values()];
    const never = cells.filter((cell) => cell.ok === 0).length;
    const unseen = this.gaps().map(({ text }) => text);
    const results = cells.filter(({ row }) => !hasResultElsewhere(row)).length;
    const expected = cells.reduce((sum, cell) => sum + SEEN_FAULTS.filter(({ applies }) => applies(cell)).length, results);
    const head = [
      `coverage: ${cells.length} of row × operand form × mode, ${never} of them only with faults`,
      `seen: ${expected - unseen.length} of ${expected} of row × operand form × mode × result or fault`,
    ];
    if (!whole) return head;
    const text = (cell: Cell): string =>
      `  ${nameOf(cell)}: ok ${cell.ok}${[...cell.faults].map(([vector, times]) => `, #${vector} ${times}`).join('')}`;
    return [...head, ...unseen.map((line) => `  not seen: ${line}`), ...cells.map(text).sort()];
  }
}
