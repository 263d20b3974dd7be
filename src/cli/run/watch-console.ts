// --until: ends the run right after the instruction that prints the text's last byte, so that the state there is the same in every run.

import { UntilText } from '../../base/until-text';
import type { InProcessControl } from '../../debug/host-link/in-process';
import { CONSOLE_STREAMS, TraceKind } from '../../trace/rows';

export function watchConsole({ core, driver }: InProcessControl, text: string, onSeen: () => void): void {
  const streams = core.host.vms.map(() => CONSOLE_STREAMS.map(() => new UntilText(text)));
  let seen = false;
  core.host.recorder.addSink((kind, event) => {
    if (kind !== TraceKind['console-output'] || seen) return;
    const { vm, fields } = event();
    const stream = CONSOLE_STREAMS.indexOf(fields.stream as (typeof CONSOLE_STREAMS)[number]);
    if (!streams[vm]?.[stream]?.byte(Number(fields.byte))) return;
    seen = true;
    core.host.vms[vm]?.engine.requestLeave();
    setImmediate(onSeen);
  });
  // Nothing more runs, and the driver gives the event loop its turn.
  core.host.pauseWanted = () => seen;
  driver.attention = () => seen;
}
