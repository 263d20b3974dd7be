// Which rows of a long list are to be drawn: a window of equal rows around what is visible. No DOM.

export interface VirtualWindow {
  /** First row drawn, and one past the last. */
  from: number;
  to: number;
}

export function virtualWindow(scrollTop: number, height: number, rowHeight: number, count: number, overscan = 10): VirtualWindow {
  const first = Math.floor(scrollTop / rowHeight);
  const visible = Math.ceil(height / rowHeight) + 1;
  const from = Math.max(0, Math.min(first, count) - overscan);
  return { from, to: Math.min(count, Math.max(from, first + visible + overscan)) };
}

/** Where the list must scroll so that a row is fully seen; undefined: it is. */
export function scrollFor(row: number, scrollTop: number, height: number, rowHeight: number): number | undefined {
  if (row * rowHeight < scrollTop) return row * rowHeight;
  if ((row + 1) * rowHeight > scrollTop + height) return (row + 1) * rowHeight - height;
  return undefined;
}

/** Browsers limit an element's height: the scroll bar of a longer list is scaled. */
export const tallestPx = 8_000_000;

/** Between the position of the scroll bar and that in the list. */
export class ScrollScale {
  private readonly full: number;
  /** What the scroll bar goes over. */
  readonly scrollHeight: number;

  constructor(
    count: number,
    rowHeight: number,
    private readonly height: number,
  ) {
    this.full = count * rowHeight;
    this.scrollHeight = Math.min(tallestPx, this.full);
  }

  private get factor(): number {
    const { full, scrollHeight, height } = this;
    return full === scrollHeight ? 1 : (full - height) / Math.max(1, scrollHeight - height);
  }

  toList(scrollTop: number): number {
    return Math.max(0, Math.min(scrollTop * this.factor, this.full - this.height));
  }

  toScroll(top: number): number {
    return top / this.factor;
  }
}
