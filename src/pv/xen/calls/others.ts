// Calls of one or two commands: console_io, vm_assist, set_timer_op.
import { XenErrno } from '../errno';
import type { XenCallHandler } from './call';
import { asNs } from './vcpu';

const RUNSTATE_UPDATE_FLAG = 5n;
/** Bytes of a text that one call prints before it goes on as another (xen/drivers/char/console.c: the size of its buffer). */
const BYTES_PER_PIECE = 128;

const assist =
  (on: boolean): XenCallHandler =>
  ({ domain, args }) => {
    if (args[1] !== RUNSTATE_UPDATE_FLAG) return XenErrno.EINVAL;
    domain.runStateUpdateFlag = on;
    return 0n;
  };

export const ASSIST_HANDLERS: Readonly<Record<string, XenCallHandler>> = {
  VMASST_CMD_enable: assist(true),
  VMASST_CMD_disable: assist(false),
};

export const CONSOLE_HANDLERS: Readonly<Record<string, XenCallHandler>> = {
  CONSOLEIO_write: ({ domain, guest, args }) => {
    const count = Number(BigInt.asUintN(31, args[1]!));
    const now = Math.min(count, BYTES_PER_PIECE);
    const bytes = guest.read(args[2]!, now);
    if (bytes === undefined) return XenErrno.EFAULT;
    for (const byte of bytes) domain.host.emergencyOutput(byte);
    return now === count ? 0n : { again: [args[0]!, BigInt(count - now), args[2]! + BigInt(now), ...args.slice(3)] };
  },
};

export const setTimerOp: XenCallHandler = ({ domain, vcpu, args }) => {
  const timeout = args[0]!;
  if (timeout === 0n) domain.timers[vcpu]!.stopSingleshot();
  else domain.timers[vcpu]!.setSingleshot(asNs(timeout));
  return 0n;
};
