// The bands of the Time panel on a canvas, one row per vCPU, with an axis of virtual time.

import type { TimeAnswer } from '../../protocol/requests';
import { themeColor } from '../kit/client/theme';
import { type Band, rectangles, type Span, ticks, tickText } from './model';

const rowPx = 34;
const bandPx = 22;
const axisPx = 24;
const labelPx = 76;
const fallbacks = { running: '#3fa37f', runnable: '#e0912f', blocked: '#5b6b8c', offline: '#3a3d41' } as const;
/** Heights differ as well as colours: one need not see colours to tell them apart. */
const heights = { running: 1, runnable: 1, blocked: 0.4, offline: 0.15 } as const;

export class BandCanvas {
  private answer: TimeAnswer | undefined;
  private span: Span = { fromNs: 0, toNs: 1 };

  constructor(readonly canvas: HTMLCanvasElement) {}

  show(answer: TimeAnswer | undefined, span: Span): void {
    this.answer = answer;
    this.span = span;
    this.draw();
  }

  draw(): void {
    const { canvas, answer, span } = this;
    const width = canvas.clientWidth;
    const height = (answer?.vcpus.length ?? 1) * rowPx + axisPx;
    const scale = devicePixelRatio;
    canvas.style.height = `${height}px`;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const context = canvas.getContext('2d');
    if (!context || width === 0) return;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.font = `12px ${getComputedStyle(canvas).fontFamily}`;
    context.textBaseline = 'middle';
    if (!answer) return;
    this.drawAxis(context, width, height);
    for (const { x, width: wide, row, band } of rectangles(answer, span, width - labelPx)) {
      context.fillStyle = themeColor(`hyperscope.${band.state}`, fallbacks[band.state]);
      const tall = bandPx * heights[band.state];
      context.fillRect(labelPx + x, row * rowPx + (rowPx + bandPx) / 2 - tall, wide, tall);
    }
    context.fillStyle = themeColor('foreground', '#808080');
    for (const [row, { name }] of answer.vcpus.entries()) context.fillText(name, 4, row * rowPx + rowPx / 2, labelPx - 8);
  }

  /** Part of the span under a pointer: 0 left, 1 right. */
  partAt(clientX: number): number {
    const box = this.canvas.getBoundingClientRect();
    return Math.min(1, Math.max(0, (clientX - box.left - labelPx) / Math.max(1, box.width - labelPx)));
  }

  bandAt(clientX: number, clientY: number): { name: string; band: Band } | undefined {
    const { answer, span } = this;
    const vcpu = answer?.vcpus[Math.floor((clientY - this.canvas.getBoundingClientRect().top) / rowPx)];
    const ns = span.fromNs + this.partAt(clientX) * (span.toNs - span.fromNs);
    const band = answer?.bands.find((one) => one.vcpu === vcpu?.vcpu && one.startNs <= ns && ns < one.endNs);
    return vcpu && band && { name: vcpu.name, band };
  }

  private drawAxis(context: CanvasRenderingContext2D, width: number, height: number): void {
    const { span } = this;
    context.fillStyle = themeColor('descriptionForeground', '#808080');
    context.strokeStyle = themeColor('editorIndentGuide.background1', '#80808040');
    for (const ns of ticks(span, (width - labelPx) / 80)) {
      const x = labelPx + ((ns - span.fromNs) / (span.toNs - span.fromNs)) * (width - labelPx);
      context.beginPath();
      context.moveTo(Math.round(x) + 0.5, 0);
      context.lineTo(Math.round(x) + 0.5, height - axisPx + 4);
      context.stroke();
      const text = tickText(ns);
      const wide = context.measureText(text).width;
      context.fillText(text, Math.min(Math.max(labelPx, x - wide / 2), width - wide - 2), height - axisPx / 2 + 2);
    }
  }
}
