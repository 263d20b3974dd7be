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
