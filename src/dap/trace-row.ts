// An event as custom requests send it.
import type { TraceRow } from '../protocol/requests';
import { toHex } from '../protocol/wire';
import type { TraceEvent } from '../trace/reader';
import { traceTexts } from './trace-texts';

export function traceRow(event: TraceEvent): TraceRow {
  const { seq, kind, vcpu, virtualNs, durationNs, rip } = event;
  const { name, args, result } = traceTexts(event);
  return { seq, kind, vcpu, virtualNs, durationNs, name, args, result, rip: toHex(rip) };
}
