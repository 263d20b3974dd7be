// What a campaign has covered: row × form of the operand × mode, and how its vectors ended natively.

import type { Generated } from './generate';

interface Cell {
  ok: number;
  /** By exception vector. */
  faults: Map<string, number>;
}

export class Coverage {
  private readonly cells = new Map<string, Cell>();

  add(made: readonly Generated[], native: readonly string[]): void {
    for (const [i, { subject, inMemory }] of made.entries()) {
      const key = `${subject.row.name} ${subject.row.encoding} | ${inMemory ? 'memory' : 'register'} | ${subject.mode32 ? 32 : 64}`;
      const cell = this.cells.get(key) ?? { ok: 0, faults: new Map<string, number>() };
      this.cells.set(key, cell);
      const fault = / vector=([0-9a-f]+)/.exec(native[i] ?? '')?.[1];
      if (fault === undefined) cell.ok++;
      else cell.faults.set(fault, (cell.faults.get(fault) ?? 0) + 1);
    }
  }

  /** One line for all, and one for every cell if `whole`. */
  lines(whole: boolean): string[] {
    const never = [...this.cells.values()].filter((cell) => cell.ok === 0).length;
    const head = `coverage: ${this.cells.size} of row × operand form × mode, ${never} of them only with faults`;
    if (!whole) return [head];
    const text = ([key, { ok, faults }]: [string, Cell]): string =>
      `  ${key}: ok ${ok}${[...faults].map(([vector, times]) => `, #${vector} ${times}`).join('')}`;
    return [head, ...[...this.cells].sort(([a], [b]) => (a < b ? -1 : 1)).map(text)];
  }
}
