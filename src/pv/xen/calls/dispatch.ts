// From a number to a handler, by the rows: who may call, which commands there are, what a refused one returns.
import { assert } from '../../../base/assert';
import type { CommandRow, HypercallRow } from '../../types.rows';
import { XenErrno } from '../errno';
import { XEN_ROWS } from '../rows';
import type { XenCall, XenCallHandler, XenResult } from './call';
import { EVTCHN_HANDLERS } from './event-channel';
import { GRANT_HANDLERS } from './grant';
import { HVM_HANDLERS } from './hvm';
import { MEMORY_COMMAND_MASK, MEMORY_HANDLERS } from './memory';
import { multicall } from './multicall';
import { ASSIST_HANDLERS, CONSOLE_HANDLERS, setTimerOp } from './others';
import { SCHED_HANDLERS } from './sched';
import { VCPU_HANDLERS } from './vcpu';
import { VERSION_HANDLERS } from './version';

/** By the symbols of the rows: commands of all calls. */
export const XEN_COMMAND_HANDLERS: Readonly<Record<string, XenCallHandler>> = {
  ...VERSION_HANDLERS,
  ...MEMORY_HANDLERS,
  ...EVTCHN_HANDLERS,
  ...GRANT_HANDLERS,
  ...VCPU_HANDLERS,
  ...SCHED_HANDLERS,
  ...HVM_HANDLERS,
  ...ASSIST_HANDLERS,
  ...CONSOLE_HANDLERS,
};
/** By the names of the rows: calls without commands. */
export const XEN_CALL_HANDLERS: Readonly<Record<string, XenCallHandler>> = {
  multicall: multicall((call, nr, args) => dispatch({ ...call, args, nested: true }, nr)),
  set_timer_op: setTimerOp,
};
/** Structures of these have 64-bit members: not for 32-bit callers. */
const WIDE_CALLS: readonly string[] = ['multicall', 'set_timer_op'];

const CALLS: ReadonlyMap<bigint, HypercallRow> = new Map(XEN_ROWS.hypercalls.map((row) => [BigInt(row.nr), row]));

function command({ commands = [], name }: HypercallRow, { args }: XenCall): CommandRow | undefined {
  const nr = name === 'memory_op' ? args[0]! & MEMORY_COMMAND_MASK : BigInt.asUintN(32, args[0]!);
  return commands.find((row) => BigInt(row.nr) === nr);
}

export function dispatch(call: Omit<XenCall, 'command'>, nr: bigint): XenResult {
  const row = CALLS.get(nr);
  if (row?.state !== 'works') return XenErrno.ENOSYS;
  if (row.commands === undefined) {
    if (!call.guest.wide && WIDE_CALLS.includes(row.name)) return XenErrno.ENOSYS;
    const handler = XEN_CALL_HANDLERS[row.name];
    assert(handler, `hypercall ${row.name} works and has no handler`);
    return handler({ ...call, command: 0 });
  }
  const chosen = command(row, { ...call, command: 0 });
  if (chosen === undefined) return XenErrno.ENOSYS;
  if (chosen.state !== 'works') return BigInt(chosen.refusal ?? -38);
  if (!call.guest.wide && !chosen.narrow) return XenErrno.ENOSYS;
  const handler = XEN_COMMAND_HANDLERS[chosen.symbol];
  assert(handler, `${chosen.symbol} works and has no handler`);
  return handler({ ...call, command: chosen.nr });
}
