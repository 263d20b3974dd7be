// The Time panel without its drawing: which span is shown, bands as rectangles, and how much time was stolen from each vCPU.
import { formatNs } from '../../base/format-ns';
import type { TimeAnswer } from '../../protocol/requests';

export type Band = TimeAnswer['bands'][number];
export type VcpuTimes = Omit<TimeAnswer['vcpus'][number], 'vcpu' | 'name'>;

export interface TimePanelState {
  /** Length of what is shown. */
  spanNs: number;
  /** Right end; null: follows the newest. */
  toNs: number | null;
  /** What is marked, and measured in the table. */
  selection: Span | null;
}
export const initialState: TimePanelState = { spanNs: 100e6, toNs: null, selection: null };

const shortestNs = 1e3;
const longestNs = 1e15;

export interface Span {
  fromNs: number;
  toNs: number;
}
/** Which part of the run is drawn. */
export type View = Pick<TimePanelState, 'spanNs' | 'toNs'>;

export function spanOf({ spanNs, toNs }: View, nowNs: number): Span {
  const end = toNs ?? Math.max(nowNs, 1);
  return { fromNs: Math.max(0, end - spanNs), toNs: Math.max(end, Math.min(spanNs, Math.max(nowNs, 1))) };
}

/** `factor` below 1 shows less time; what is under `at` (0 left, 1 right) stays where it is. */
export function zoom(state: View, nowNs: number, factor: number, at: number): View {
  const { fromNs, toNs } = spanOf(state, nowNs);
  const fixedNs = fromNs + (toNs - fromNs) * at;
  const spanNs = Math.min(longestNs, Math.max(shortestNs, state.spanNs * factor));
  if (state.toNs === null && at >= 1) return { spanNs, toNs: null };
  return settle({ spanNs, toNs: fixedNs + spanNs * (1 - at) }, nowNs);
}

/** By a part of what is shown: negative is earlier. */
export function pan(state: View, nowNs: number, part: number): View {
  const { toNs } = spanOf(state, nowNs);
  return settle({ spanNs: state.spanNs, toNs: toNs + state.spanNs * part }, nowNs);
}

/** At the newest it follows; before the beginning there is nothing. */
function settle({ spanNs, toNs }: { spanNs: number; toNs: number }, nowNs: number): View {
  if (toNs >= nowNs) return { spanNs, toNs: null };
  return { spanNs, toNs: Math.max(toNs, Math.min(spanNs, nowNs)) };
}

/** Time a vCPU was ready but did not run, in percent of the time it was online: what the guest's `top` calls %st. */
export function stealPercent({ runningNs, runnableNs, blockedNs }: Omit<VcpuTimes, 'offlineNs'>): number {
  const online = runningNs + runnableNs + blockedNs;
  return online > 0 ? (100 * runnableNs) / online : 0;
}

/** The same account over what is shown, from its bands. */
export function timesIn(bands: readonly Band[], vcpu: number, { fromNs, toNs }: Span): VcpuTimes {
  const times = { runningNs: 0, runnableNs: 0, blockedNs: 0, offlineNs: 0 };
  for (const band of bands) {
    if (band.vcpu !== vcpu) continue;
    const ns = Math.min(band.endNs, toNs) - Math.max(band.startNs, fromNs);
    if (ns > 0) times[`${band.state}Ns`] += ns;
  }
  return times;
}

export interface Rectangle {
  x: number;
  width: number;
  row: number;
  band: Band;
}

/** Bands in pixels; rows in the order of the vCPUs; nothing is thinner than half a pixel. */
export function rectangles({ bands, vcpus }: Pick<TimeAnswer, 'bands' | 'vcpus'>, { fromNs, toNs }: Span, widthPx: number): Rectangle[] {
  const scale = widthPx / Math.max(1, toNs - fromNs);
  return bands.flatMap((band) => {
    const row = vcpus.findIndex(({ vcpu }) => vcpu === band.vcpu);
    const left = Math.max(0, (band.startNs - fromNs) * scale);
    const right = Math.min(widthPx, (band.endNs - fromNs) * scale);
    return row < 0 || right < 0 || left > widthPx || right < left ? [] : [{ x: left, width: Math.max(0.5, right - left), row, band }];
  });
}

/** Round times for the axis, about `count` of them. */
export function ticks({ fromNs, toNs }: Span, count: number): number[] {
  const rough = (toNs - fromNs) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(fromNs / step) * step;
  return Array.from({ length: Math.max(0, Math.floor((toNs - first) / step) + 1) }, (_, i) => first + i * step);
}

/** "12 ms", without digits that say nothing. */
export const tickText = (ns: number): string =>
  formatNs(ns)
    .replace(/(\.\d*?)0+(?= )/, '$1')
    .replace(/\.(?= )/, '');

export const tableColumns = ['vCPU', 'steal in all', 'steal here', 'running', 'runnable', 'blocked', 'offline'] as const;

/** Of the whole run the share that was stolen; the rest is of the span: the selection, or what is shown. */
export function tableRows(answer: TimeAnswer, bands: readonly Band[], span: Span): string[][] {
  return answer.vcpus.map((times) => {
    const here = timesIn(bands, times.vcpu, span);
    return [
      times.name,
      `${stealPercent(times).toFixed(2)} %`,
      `${stealPercent(here).toFixed(2)} %`,
      ...[here.runningNs, here.runnableNs, here.blockedNs, here.offlineNs].map(formatNs),
    ];
  });
}

export type TickClock = TimeAnswer['clocks'][number];

export const clockColumns = ['clock', 'ticks', 'lost', 'behind'] as const;
/** The guest's clocks beside each other; one that is read from the hypervisor's page or the time stamp counter never drifts. */
export function clockRows(clocks: readonly TickClock[]): string[][] {
  const rows = clocks.map(({ name, ticks, lost, behindNs }) => [name, `${ticks}`, `${lost}`, formatNs(behindNs)]);
  return rows.length === 0 ? [] : [...rows, ['paravirtual', '', '', formatNs(0)]];
}

/** How far a clock was behind at an instant. */
export function behindAt({ points }: TickClock, ns: number): number {
  let behindNs = 0;
  for (const point of points) {
    if (point.atNs > ns) break;
    behindNs = point.behindNs;
  }
  return behindNs;
}

/** The drift graph: a stair for each clock in a box of so many pixels; up is behind. `mostNs` is at its top. */
export function driftLines(
  clocks: readonly TickClock[],
  { fromNs, toNs }: Span,
  widthPx: number,
  heightPx: number,
): { mostNs: number; lines: { name: string; points: { x: number; y: number }[] }[] } {
  const seen = clocks.map((clock) => {
    const within = clock.points.filter(({ atNs }) => atNs > fromNs && atNs < toNs);
    const ends = { from: { atNs: fromNs, behindNs: behindAt(clock, fromNs) }, to: { atNs: toNs, behindNs: behindAt(clock, toNs) } };
    return { name: clock.name, points: [ends.from, ...within, ends.to] };
  });
  const mostNs = Math.max(1, ...seen.flatMap(({ points }) => points.map(({ behindNs }) => behindNs)));
  const x = (ns: number): number => ((ns - fromNs) / Math.max(1, toNs - fromNs)) * widthPx;
  const y = (ns: number): number => heightPx - (ns / mostNs) * heightPx;
  const stairs = (points: readonly { atNs: number; behindNs: number }[]): { x: number; y: number }[] =>
    points.flatMap(({ atNs, behindNs }, i) => [
      ...(i > 0 ? [{ x: x(atNs), y: y(points[i - 1]!.behindNs) }] : []),
      { x: x(atNs), y: y(behindNs) },
    ]);
  return { mostNs, lines: seen.map(({ name, points }) => ({ name, points: stairs(points) })) };
}

/** Stolen percent of a vCPU in equal parts of a span: the graph under its band. */
export function stealGraph(bands: readonly Band[], vcpu: number, { fromNs, toNs }: Span, parts: number): number[] {
  const sums = Array.from({ length: parts }, () => ({ runningNs: 0, runnableNs: 0, blockedNs: 0 }));
  const part = (toNs - fromNs) / parts;
  for (const { vcpu: of, state, startNs, endNs } of bands) {
    if (of !== vcpu || state === 'offline') continue;
    const [start, end] = [Math.max(startNs, fromNs), Math.min(endNs, toNs)];
    for (let i = Math.max(0, Math.floor((start - fromNs) / part)); i < parts && fromNs + i * part < end; i++) {
      const sum = sums[i];
      if (sum) sum[`${state}Ns`] += Math.max(0, Math.min(end, fromNs + (i + 1) * part) - Math.max(start, fromNs + i * part));
    }
  }
  return sums.map(stealPercent);
}

/** "1.5 ms", "250us", "3" (ms): undefined: no time. */
export function parseTime(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ns|us|\u00b5s|ms|s)?\s*$/.exec(text);
  const units: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9 };
  return match ? Number(match[1]) * (units[match[2] ?? 'ms'] ?? 1) : undefined;
}

/** A moment, in the middle of what is shown. */
export const around = (ns: number, { spanNs }: View, nowNs: number): View => settle({ spanNs, toNs: ns + spanNs / 2 }, nowNs);

/** The selection, with a little of what is beside it. */
export function zoomTo({ fromNs, toNs }: Span, nowNs: number): View {
  const spanNs = Math.min(longestNs, Math.max(shortestNs, (toNs - fromNs) * 1.1));
  return settle({ spanNs, toNs: (fromNs + toNs) / 2 + spanNs / 2 }, nowNs);
}

/** Two ends in any order, within the run. */
export const spanBetween = (a: number, b: number, nowNs: number): Span => ({
  fromNs: Math.max(0, Math.min(a, b)),
  toNs: Math.min(nowNs, Math.max(a, b)),
});

/** The keyboard's way to select: the end that is moved by a part of what is shown; it begins in the middle. */
export function extend(selection: Span | null, shown: Span, part: number, nowNs: number): Span {
  const middle = (shown.fromNs + shown.toNs) / 2;
  const { fromNs, toNs } = selection ?? { fromNs: middle, toNs: middle };
  return spanBetween(fromNs, Math.max(fromNs, toNs + part * (shown.toNs - shown.fromNs)), nowNs);
}

/** "1.250 ms selected, from 3.000 ms to 4.250 ms". */
export const selectionText = ({ fromNs, toNs }: Span): string =>
  `${formatNs(toNs - fromNs)} selected, from ${formatNs(fromNs)} to ${formatNs(toNs)}`;

/** What a reader of the canvas hears, or sees under the pointer. */
export const bandText = (name: string, { state, startNs, endNs, pcpu }: Band): string =>
  `${name} ${state}${pcpu >= 0 && state === 'running' ? ` on pCPU ${pcpu}` : ''}, ${formatNs(endNs - startNs)} from ${formatNs(startNs)}`;
