// Draws the flame graph on a canvas and says which box is under the pointer.
import type { ProfileBox, ProfileKind } from '../../protocol/profile';
import { element } from '../kit/client/dom';
import { onThemeChange, themeColor } from '../kit/client/theme';
import { t } from '../kit/texts';
import { type BoxPath, joined, matches } from './model';
import { depthOf, layout, type Rectangle, rectangleAt } from './model-layout';

const rowPx = 21;
const gapPx = 1;
const padPx = 5;
/** Narrower boxes have no text. */
const textPx = 28;
const fallbacks: Readonly<Record<ProfileKind, string>> = { kernel: '#d98f3f', user: '#6aa84f', hypervisor: '#b07cd8', unknown: '#8a8a8a' };

/** Black or white, whichever can be read on a colour ("#rrggbb" or "rgb(…)"). */
export function inkOn(color: string): string {
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})/i.exec(color);
  const parts = hex ? hex.slice(1).map((part) => Number.parseInt(part, 16)) : (color.match(/\d+(\.\d+)?/g) ?? []).map(Number);
  const [red = 0, green = 0, blue = 0] = parts.map((part) => (part / 255) ** 2.2);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 ? '#000000' : '#ffffff';
}

export class FlameGraph {
  readonly canvas = element('canvas', {
    tabIndex: 0,
    role: 'img',
    attributes: { 'aria-label': t('Flame graph; the lists below say the same in numbers') },
  });
  readonly node = element('div', { class: 'flame' }, this.canvas);
  private rectangles: Rectangle[] = [];
  private root: ProfileBox | undefined;
  private zoom: BoxPath = [];
  private selected: BoxPath = [];
  private search = '';

  constructor() {
    new ResizeObserver(() => this.draw()).observe(this.node);
    onThemeChange(() => this.draw());
  }

  show(root: ProfileBox | undefined, { zoom, selected, search }: { zoom: BoxPath; selected: BoxPath; search: string }): void {
    this.root = root;
    this.zoom = zoom;
    this.selected = selected;
    this.search = search;
    this.draw();
  }

  at(event: MouseEvent): Rectangle | undefined {
    const { left, top } = this.canvas.getBoundingClientRect();
    return rectangleAt(this.rectangles, event.clientX - left, Math.floor((event.clientY - top) / rowPx));
  }

  /** Scrolls the selected box into view. */
  reveal(): void {
    const chosen = this.rectangles.find(({ path }) => joined(path) === joined(this.selected));
    if (!chosen) return;
    const top = chosen.row * rowPx;
    if (top < this.node.scrollTop) this.node.scrollTop = top;
    else if (top + rowPx > this.node.scrollTop + this.node.clientHeight) this.node.scrollTop = top + rowPx - this.node.clientHeight;
  }

  private draw(): void {
    const { canvas, node, root } = this;
    const width = node.clientWidth;
    this.rectangles = root && root.total > 0 ? layout(root, this.zoom, width) : [];
    node.hidden = this.rectangles.length === 0;
    const height = depthOf(this.rectangles) * rowPx;
    const scale = devicePixelRatio;
    canvas.style.height = `${height}px`;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const context = canvas.getContext('2d');
    if (!context || width === 0) return;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.font = `12px ${getComputedStyle(canvas).fontFamily}`;
    context.textBaseline = 'middle';
    const colors = Object.fromEntries(
      Object.entries(fallbacks).map(([kind, fallback]) => [
        kind,
        themeColor(`hyperscope.profile${kind[0]?.toUpperCase()}${kind.slice(1)}`, fallback),
      ]),
    ) as Record<ProfileKind, string>;
    const focus = themeColor('focusBorder', '#4080ff');
    const found = themeColor('editor.findMatchBackground', '#e8e06a');
    for (const each of this.rectangles) this.drawBox(context, each, { colors, focus, found });
  }

  private drawBox(
    context: CanvasRenderingContext2D,
    { box, path, x, width, row, outer }: Rectangle,
    { colors, focus, found }: { colors: Record<ProfileKind, string>; focus: string; found: string },
  ): void {
    const top = row * rowPx;
    const wide = Math.max(1, width - gapPx);
    const fill = path.length === 0 ? colors.unknown : colors[box.kind];
    context.globalAlpha = outer ? 0.6 : 1;
    context.fillStyle = fill;
    context.fillRect(x, top, wide, rowPx - gapPx);
    context.globalAlpha = 1;
    if (matches(box.name, this.search)) {
      context.strokeStyle = found;
      context.lineWidth = 3;
      context.strokeRect(x + 1.5, top + 1.5, Math.max(1, wide - 3), rowPx - gapPx - 3);
    }
    if (joined(path) === joined(this.selected)) {
      context.strokeStyle = focus;
      context.lineWidth = 2;
      context.strokeRect(x + 1, top + 1, Math.max(1, wide - 2), rowPx - gapPx - 2);
    }
    if (width < textPx) return;
    context.save();
    context.beginPath();
    context.rect(x + padPx, top, Math.max(0, wide - 2 * padPx), rowPx);
    context.clip();
    context.fillStyle = outer ? themeColor('foreground', '#808080') : inkOn(fill);
    context.fillText(box.name, x + padPx, top + rowPx / 2);
    context.restore();
  }
}
