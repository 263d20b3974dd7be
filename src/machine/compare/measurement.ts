// What a comparison counts of one run: events of the trace, and privileged and sensitive instructions by place; and where the run is to end.
import { UntilText } from '../../base/until-text';
import { CONSOLE_STREAMS, TraceKind } from '../../trace/rows';
import type { Measured, MeasureWish } from '../control/measure-types';
import type { Host } from '../host';
import { Counter } from './measure';
import { SiteCounter } from './site-counter';

export class Measurement {
  private readonly counter: Counter;
  private readonly sites: readonly SiteCounter[];

  constructor(
    private readonly host: Host,
    { sites, until }: MeasureWish,
  ) {
    this.counter = new Counter(host);
    // What is typed has been typed: a guest that waits for more has come to its end.
    host.control.inputOpen = false;
    this.sites = sites ? host.vms.map((vm) => new SiteCounter(vm.index, vm.engine)) : [];
    if (until !== undefined) this.endAt(until);
  }

  /** Nothing runs behind the instruction that prints the text's last byte; whoever drives the host sees the text, too, and pauses. */
  private endAt(text: string): void {
    const { host } = this;
    const streams = host.vms.map(() => CONSOLE_STREAMS.map(() => new UntilText(text)));
    let seen = false;
    host.recorder.addSink((kind, event) => {
      if (kind !== TraceKind['console-output'] || seen) return;
      const { vm, fields } = event();
      const stream = CONSOLE_STREAMS.indexOf(fields.stream as (typeof CONSOLE_STREAMS)[number]);
      if (!streams[vm]?.[stream]?.byte(Number(fields.byte))) return;
      seen = true;
      host.vms[vm]?.engine.requestLeave();
    });
    host.pauseWanted = () => seen;
  }

  get totals(): Measured {
    return { counts: this.counter.totals, sites: this.sites.flatMap(({ totals }) => totals) };
  }
}
