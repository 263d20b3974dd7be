// The drift graph of the Time panel: how far the clocks that the guest makes of ticks are behind virtual time. The line at the bottom is the paravirtual clock's.
import { formatNs } from '../../base/format-ns';
import type { TimeAnswer } from '../../protocol/requests';
import { element } from '../kit/client/dom';
import { t } from '../kit/texts';
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

  show(answer: TimeAnswer | undefined, span: Span): void {
    const clocks = answer?.clocks.filter(({ lost, points }) => lost > 0 || points.length > 0) ?? [];
    this.node.hidden = clocks.length === 0;
    if (clocks.length === 0) return;
    const ratio = window.devicePixelRatio;
    const widthPx = this.canvas.clientWidth;
    this.canvas.width = Math.round(widthPx * ratio);
    this.canvas.height = Math.round(heightPx * ratio);
    const context = this.canvas.getContext('2d');
    if (context === null) return;
    const style = getComputedStyle(this.canvas);
    const { mostNs, lines } = driftLines(clocks, span, widthPx, heightPx - 2 * edgePx);
    context.scale(ratio, ratio);
    context.translate(0, edgePx);
    const stroke = (points: readonly { x: number; y: number }[], colour: string): void => {
      context.strokeStyle = colour;
      context.lineWidth = 1.5;
      context.beginPath();
      for (const { x, y } of points) context.lineTo(x, y);
      context.stroke();
    };
    const bottom = heightPx - 2 * edgePx;
    stroke(
      [
        { x: 0, y: bottom },
        { x: widthPx, y: bottom },
      ],
      style.getPropertyValue('--vscode-hyperscope-running'),
    );
    for (const { points } of lines) stroke(points, style.getPropertyValue('--vscode-hyperscope-runnable'));
    this.caption.textContent = t(
      'Tick clocks behind virtual time: {0} at the top ({1}); the paravirtual clock stays at the bottom',
      formatNs(mostNs),
      lines.map(({ name }) => name).join(', '),
    );
  }
}
