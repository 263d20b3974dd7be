// What a campaign has covered: row × form of the operand × mode, how its vectors ended natively, and which faults it has not seen yet.

import { type Form, SEEN_FAULTS } from './faults';
import type { Generated } from './generate';

interface Cell extends Form {
  ok: number;
  /** By exception vector. */
  faults: Map<string, number>;
}

const nameOf = ({ row, inMemory, mode32 }: Form): string =>
  `${row.name} ${row.encoding} | ${inMemory ? 'memory' : 'register'} | ${mode32 ? 32 : 64}`;

export class Coverage {
  private readonly cells = new Map<string, Cell>();

  add(made: readonly Generated[], native: readonly string[]): void {
    for (const [i, { subject, inMemory }] of made.entries()) {
      const { row, mode32 } = subject;
      const key = nameOf({ row, inMemory, mode32 });
      const cell = this.cells.get(key) ?? { row, inMemory, mode32, ok: 0, faults: new Map<string, number>() };
      this.cells.set(key, cell);
      const fault = / vector=([0-9a-f]+)/.exec(native[i] ?? '')?.[1];
      if (fault === undefined) cell.ok++;
      else cell.faults.set(fault, (cell.faults.get(fault) ?? 0) + 1);
    }
  }

  /** Faults that a row has and no vector raised. */
  private unseen(): string[] {
    return [...this.cells.values()].flatMap((cell) =>
      SEEN_FAULTS.filter(({ vector, applies }) => applies(cell) && !cell.faults.has(vector)).map(
        ({ fault }) => `${nameOf(cell)}: ${fault}`,
      ),
    );
  }

  /** Two lines for all, and one for every cell if `whole`. */
  lines(whole: boolean): string[] {
    const cells = [...this.cells.values()];
    const never = cells.filter((cell) => cell.ok === 0).length;
    const unseen = this.unseen();
    const expected = cells.reduce((sum, cell) => sum + SEEN_FAULTS.filter(({ applies }) => applies(cell)).length, 0);
    const head = [
      `coverage: ${cells.length} of row × operand form × mode, ${never} of them only with faults`,
      `faults: ${expected - unseen.length} of ${expected} of row × operand form × mode × fault`,
    ];
    if (!whole) return head;
    const text = (cell: Cell): string =>
      `  ${nameOf(cell)}: ok ${cell.ok}${[...cell.faults].map(([vector, times]) => `, #${vector} ${times}`).join('')}`;
    return [...head, ...unseen.map((line) => `  not seen: ${line}`), ...cells.map(text).sort()];
  }
}
