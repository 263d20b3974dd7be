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
}
export const initialState: TimePanelState = { spanNs: 100e6, toNs: null };

const shortestNs = 1e3;
const longestNs = 1e15;

export interface Span {
  fromNs: number;
  toNs: number;
}

export function spanOf({ spanNs, toNs }: TimePanelState, nowNs: number): Span {
  const end = toNs ?? Math.max(nowNs, 1);
  return { fromNs: Math.max(0, end - spanNs), toNs: Math.max(end, Math.min(spanNs, Math.max(nowNs, 1))) };
}

/** `factor` below 1 shows less time; what is under `at` (0 left, 1 right) stays where it is. */
export function zoom(state: TimePanelState, nowNs: number, factor: number, at: number): TimePanelState {
  const { fromNs, toNs } = spanOf(state, nowNs);
  const fixedNs = fromNs + (toNs - fromNs) * at;
  const spanNs = Math.min(longestNs, Math.max(shortestNs, state.spanNs * factor));
  if (state.toNs === null && at >= 1) return { spanNs, toNs: null };
  return settle({ spanNs, toNs: fixedNs + spanNs * (1 - at) }, nowNs);
}

/** By a part of what is shown: negative is earlier. */
export function pan(state: TimePanelState, nowNs: number, part: number): TimePanelState {
  const { toNs } = spanOf(state, nowNs);
  return settle({ spanNs: state.spanNs, toNs: toNs + state.spanNs * part }, nowNs);
}

/** At the newest it follows; before the beginning there is nothing. */
function settle({ spanNs, toNs }: { spanNs: number; toNs: number }, nowNs: number): TimePanelState {
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

export const tableColumns = ['vCPU', 'steal', 'steal here', 'running', 'runnable', 'blocked', 'offline'] as const;

export function tableRows(answer: TimeAnswer, span: Span): string[][] {
  return answer.vcpus.map((times) => [
    times.name,
    `${stealPercent(times).toFixed(2)} %`,
    `${stealPercent(timesIn(answer.bands, times.vcpu, span)).toFixed(2)} %`,
    ...[times.runningNs, times.runnableNs, times.blockedNs, times.offlineNs].map(formatNs),
  ]);
}

/** What a reader of the canvas hears, or sees under the pointer. */
export const bandText = (name: string, { state, startNs, endNs, pcpu }: Band): string =>
  `${name} ${state}${pcpu >= 0 && state === 'running' ? ` on pCPU ${pcpu}` : ''}, ${formatNs(endNs - startNs)} from ${formatNs(startNs)}`;
