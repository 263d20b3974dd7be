// The rows of the lists beside the flame graph: the call tree as far as it is open, and the functions.
import type { ProfileBox } from '../../protocol/profile';
import { type BoxPath, joined, keyOf } from './model';

export interface TreeRow {
  readonly box: ProfileBox;
  readonly path: BoxPath;
  readonly isOpen: boolean;
}

const MOST_ROWS = 500;

/** Rows in the order they are drawn; the children of what is open, the heaviest first. */
export function treeRows(root: ProfileBox, open: readonly string[]): TreeRow[] {
  const rows: TreeRow[] = [];
  const opened = new Set(open);
  const add = (box: ProfileBox, path: BoxPath): void => {
    for (const child of box.children) {
      if (rows.length >= MOST_ROWS) return;
      const below = [...path, keyOf(child)];
      const isOpen = opened.has(joined(below));
      rows.push({ box: child, path: below, isOpen });
      if (isOpen) add(child, below);
    }
  };
  add(root, []);
  return rows;
}

/** Every path around this one, itself included: they have to be open for it to be seen. */
export const pathsTo = (path: BoxPath): string[] => path.map((_, i) => joined(path.slice(0, i + 1)));
