// multicall (xen/common/multicall.c): a list of calls. It goes on as another call when a part is done, also in the middle of an entry whose own call does.
import { XenErrno } from '../errno';
import { PIECE, type XenCall, type XenCallHandler, type XenResult } from './call';

/** Steps (XenHost.steps) after which a list goes on as another call, whatever its entries are. */
const STEPS_PER_PIECE = 128;
const ENTRY = 64;
const ENTRY_ARGS = 16;

export const multicall =
  (make: (call: XenCall, nr: bigint, args: readonly bigint[]) => XenResult): XenCallHandler =>
  (call) => {
    const { guest, args, nested, domain } = call;
    if (nested) return XenErrno.EINVAL;
    const list = args[0]!;
    const until = domain.host.steps + STEPS_PER_PIECE;
    const count = BigInt.asUintN(32, args[1]!);
    for (let done = 0n; done < count; done++) {
      const at = list + done * BigInt(ENTRY);
      const rest = { again: [at, count - done, ...args.slice(2)] };
      if (done >= BigInt(PIECE) || (done > 0n && domain.host.steps > until)) return rest;
      const view = guest.view(at, ENTRY);
      if (view === undefined) return XenErrno.EFAULT;
      const own = Array.from({ length: 6 }, (_, i) => view.getBigUint64(ENTRY_ARGS + i * 8, true));
      const result = make(call, view.getBigUint64(0, true), own);
      if (typeof result === 'bigint') {
        if (!guest.writeU64(at + 8n, result)) return XenErrno.EFAULT;
        continue;
      }
      const written = result.again.every((value, i) => guest.writeU64(at + BigInt(ENTRY_ARGS + i * 8), value));
      return written ? rest : XenErrno.EFAULT;
    }
    return 0n;
  };
