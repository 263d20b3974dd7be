// The drift graph of the Time panel: how far the clocks that the guest makes of ticks are behind virtual time. The line at the bottom is the paravirtual clock's.
import { formatNs } from '../../base/format-ns';
import type { TimeAnswer } from '../../protocol/requests';
import { element } from '../kit/client/dom';
import { themeColor } from '../kit/client/theme';
import { t } from '../kit/texts';
import { fallbacks, labelPx } from './client-canvas';
import { driftLines, type Span } from './model';

const heightPx = 72;
const edgePx = 4;

export class DriftGraph {
  private readonly canvas = element('canvas', {
    role: 'img',
    id: 'drift',
    attributes: { 'aria-label': t('Drift of tick clocks; the table below says the same in numbers') },
  });
  private readonly caption = element('figcaption', { class: 'under' });
  readonly node = element('figure', { class: 'drift' }, this.canvas, this.caption);

  private answer: TimeAnswer | undefined;
  private span: Span = { fromNs: 0, toNs: 1 };

  show(answer: TimeAnswer | undefined, span: Span): void {
    this.answer = answer;
    this.span = span;
    this.draw();
  }

  draw(): void {
    const { answer, span, canvas } = this;
    const clocks = answer?.clocks.filter(({ lost, points }) => lost > 0 || points.length > 0) ?? [];
    this.node.hidden = clocks.length === 0;
    if (clocks.length === 0) return;
    const ratio = window.devicePixelRatio;
    const widthPx = canvas.clientWidth - labelPx;
    canvas.width = Math.round(canvas.clientWidth * ratio);
    canvas.height = Math.round(heightPx * ratio);
    const context = canvas.getContext('2d');
    if (context === null || widthPx <= 0) return;
    const bottom = heightPx - 2 * edgePx;
    const { mostNs, lines } = driftLines(clocks, span, widthPx, bottom);
    context.scale(ratio, ratio);
    context.font = `12px ${getComputedStyle(canvas).fontFamily}`;
    context.fillStyle = themeColor('descriptionForeground', '#808080');
    context.fillText(t('behind'), 4, heightPx - edgePx, labelPx - 8);
    // The time lies as in the bands above.
    context.translate(labelPx, edgePx);
    const stroke = (points: readonly { x: number; y: number }[], colour: string): void => {
      context.strokeStyle = colour;
      context.lineWidth = 1.5;
      context.beginPath();
      for (const { x, y } of points) context.lineTo(x, y);
      context.stroke();
    };
    // The whole of one row of pixels, under the clocks that are not behind either.
    const never = bottom + edgePx / 2 + 0.5;
    const ends = [0, widthPx].map((x) => ({ x, y: never }));
    stroke(ends, themeColor('hyperscope.running', fallbacks.running));
    for (const { points } of lines) stroke(points, themeColor('hyperscope.runnable', fallbacks.runnable));
    this.caption.textContent = t(
      'Tick clocks behind virtual time: {0} at the top ({1}); the paravirtual clock stays at the bottom',
      formatNs(mostNs),
      lines.map(({ name }) => name).join(', '),
    );
  }
}
