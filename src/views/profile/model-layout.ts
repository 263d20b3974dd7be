// Where the boxes of a flame graph lie, and where its keys go from one to the next. The whole is at the top, calls grow downwards.
import type { ProfileBox } from '../../protocol/profile';
import { type BoxPath, boxAt, keyOf } from './model';

export interface Rectangle {
  readonly box: ProfileBox;
  readonly path: BoxPath;
  /** Pixels from the left edge; rows from the top. */
  readonly x: number;
  readonly width: number;
  readonly row: number;
  /** Around what is zoomed to: as wide as the graph whatever its share is. */
  readonly outer: boolean;
}

/** Narrower boxes are not drawn. */
const LEAST_PX = 0.5;

export function layout(root: ProfileBox, zoom: BoxPath, widthPx: number): Rectangle[] {
  const rectangles: Rectangle[] = [];
  const place = (box: ProfileBox, path: BoxPath, x: number, width: number): void => {
    rectangles.push({ box, path, x, width, row: path.length, outer: false });
    let at = x;
    for (const child of box.children) {
      const wide = box.total > 0 ? (width * child.total) / box.total : 0;
      if (wide >= LEAST_PX) place(child, [...path, keyOf(child)], at, wide);
      at += wide;
    }
  };
  const to = boxAt(root, zoom).path;
  for (let depth = 0; depth < to.length; depth++) {
    const { box, path } = boxAt(root, to.slice(0, depth));
    rectangles.push({ box, path, x: 0, width: widthPx, row: depth, outer: true });
  }
  place(boxAt(root, to).box, to, 0, widthPx);
  return rectangles;
}

export const depthOf = (rectangles: readonly Rectangle[]): number => rectangles.reduce((most, { row }) => Math.max(most, row + 1), 0);

export const rectangleAt = (rectangles: readonly Rectangle[], x: number, row: number): Rectangle | undefined =>
  rectangles.find((each) => each.row === row && x >= each.x && x < each.x + each.width);

/** The box that an arrow key goes to. */
export function neighbour(root: ProfileBox, path: BoxPath, key: string): BoxPath | undefined {
  const here = boxAt(root, path);
  if (key === 'ArrowUp') return here.path.length > 0 ? here.path.slice(0, -1) : undefined;
  if (key === 'ArrowDown') {
    const [child] = here.box.children;
    return child && [...here.path, keyOf(child)];
  }
  if (here.path.length === 0) return undefined;
  const parent = boxAt(root, here.path.slice(0, -1));
  const at = parent.box.children.indexOf(here.box);
  const sibling = parent.box.children[at + (key === 'ArrowRight' ? 1 : -1)];
  return sibling && [...parent.path, keyOf(sibling)];
}
