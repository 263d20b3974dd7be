// The bands of the Time panel on a canvas: one row per vCPU, under each the share that was stolen, the selection, and an axis of virtual time.

import type { TimeAnswer } from '../../protocol/requests';
import { themeColor } from '../kit/client/theme';
import { type Band, rectangles, type Span, stealGraph, ticks, tickText } from './model';

const rowPx = 58;
const bandPx = 22;
/** From the top of a row to the base of its graph, and how high 100 % is. */
const graphBasePx = 52;
const graphPx = 18;
/** Pixels of one step of the graph. */
const stepPx = 6;
const axisPx = 24;
export const labelPx = 76;
/** Where a theme says nothing. */
export const fallbacks = { running: '#3fa37f', runnable: '#e0912f', blocked: '#5b6b8c', offline: '#3a3d41' } as const;
/** Heights differ as well as colours: one need not see colours to tell them apart. */
const heights = { running: 1, runnable: 1, blocked: 0.4, offline: 0.15 } as const;

export class BandCanvas {
  private answer: TimeAnswer | undefined;
  private span: Span = { fromNs: 0, toNs: 1 };
  private selection: Span | null = null;

  constructor(readonly canvas: HTMLCanvasElement) {}

  show(answer: TimeAnswer | undefined, span: Span, selection: Span | null): void {
    this.answer = answer;
    this.span = span;
    this.selection = selection;
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
      context.fillRect(labelPx + x, row * rowPx + 6 + bandPx - tall, wide, tall);
    }
    for (const [row, { name, vcpu }] of answer.vcpus.entries()) {
      context.fillStyle = themeColor('foreground', '#808080');
      context.fillText(name, 4, row * rowPx + 6 + bandPx / 2, labelPx - 8);
      this.drawSteal(context, answer.bands, vcpu, row, width);
    }
    this.drawSelection(context, width, height);
  }

  private drawSteal(context: CanvasRenderingContext2D, bands: readonly Band[], vcpu: number, row: number, width: number): void {
    const base = row * rowPx + graphBasePx;
    const parts = Math.max(1, Math.floor((width - labelPx) / stepPx));
    const wide = (width - labelPx) / parts;
    context.fillStyle = themeColor('descriptionForeground', '#808080');
    context.fillText('steal', 4, base - graphPx / 2, labelPx - 8);
    context.fillRect(labelPx, base, width - labelPx, 1);
    context.fillStyle = themeColor('hyperscope.runnable', fallbacks.runnable);
    for (const [i, percent] of stealGraph(bands, vcpu, this.span, parts).entries()) {
      const tall = (graphPx * percent) / 100;
      context.fillRect(labelPx + i * wide, base - tall, wide, tall);
    }
  }

  private drawSelection(context: CanvasRenderingContext2D, width: number, height: number): void {
    const { selection, span } = this;
    if (!selection) return;
    const at = (ns: number) => labelPx + ((ns - span.fromNs) / (span.toNs - span.fromNs)) * (width - labelPx);
    const [left, right] = [Math.max(labelPx, at(selection.fromNs)), Math.min(width, at(selection.toNs))];
    if (right < labelPx || left > width) return;
    context.strokeStyle = themeColor('focusBorder', '#4080ff');
    context.fillStyle = context.strokeStyle;
    context.lineWidth = 2;
    context.globalAlpha = 0.15;
    context.fillRect(left, 0, Math.max(1, right - left), height - axisPx + 4);
    context.globalAlpha = 1;
    context.strokeRect(left, 1, Math.max(1, right - left), height - axisPx + 2);
    context.lineWidth = 1;
  }

  /** Virtual time under a pointer. */
  nsAt(clientX: number): number {
    return this.span.fromNs + this.partAt(clientX) * (this.span.toNs - this.span.fromNs);
  }

  /** Part of the span under a pointer: 0 left, 1 right. */
  partAt(clientX: number): number {
    const box = this.canvas.getBoundingClientRect();
    return Math.min(1, Math.max(0, (clientX - box.left - labelPx) / Math.max(1, box.width - labelPx)));
  }

  bandAt(clientX: number, clientY: number): { name: string; band: Band } | undefined {
    const { answer } = this;
    const vcpu = answer?.vcpus[Math.floor((clientY - this.canvas.getBoundingClientRect().top) / rowPx)];
    const ns = this.nsAt(clientX);
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
