// The handlers of KVM's hypercalls that work: one line per call in the list at the end. What has no handler, or whose feature is hidden, is -KVM_ENOSYS.
import { DELIVERY_MODES, IPI_ORIGINS, TraceKind } from '../../trace/rows';
import { gpaOf } from '../guest-words';
import { KvmErrno } from './errno';
import type { KvmHost } from './host-port';
import type { KvmVcpuData } from './vcpu-data';

export interface KvmCall {
  readonly host: KvmHost;
  readonly vcpu: number;
  readonly dataOf: (vcpu: number) => KvmVcpuData;
  /** rbx, rcx, rdx, rsi, truncated to 32 bits outside 64-bit mode. */
  readonly args: readonly [bigint, bigint, bigint, bigint];
  /** Called in 64-bit mode. */
  readonly wide: boolean;
}

/** Returns what goes into RAX, signed. */
export type KvmCallHandler = (call: KvmCall) => bigint;

const vapicPollIrq: KvmCallHandler = () => 0n;

function yieldTo(call: KvmCall, apicId: bigint): void {
  const target = call.host.vcpuOfApicId(Number(BigInt.asUintN(32, apicId)));
  if (target === undefined || target === call.vcpu) return;
  const done = call.host.isWaiting(target) && call.host.yieldTo(call.vcpu, target);
  call.host.trace(TraceKind['yield-to'], call.vcpu, target, done ? 1 : 0);
}

const kickCpu: KvmCallHandler = (call) => {
  const { host, vcpu } = call;
  const target = host.vcpuOfApicId(Number(BigInt.asUintN(32, call.args[1])));
  if (target === undefined) return 0n;
  host.trace(TraceKind.kick, vcpu, target);
  if (host.isHalted(target)) host.wakeFromHalt(target, vcpu);
  else call.dataOf(target).unhalted = true;
  yieldTo(call, call.args[1]);
  return 0n;
};

const CLOCK_PAIRING_SIZE = 64;
const KVM_CLOCK_PAIRING_WALLCLOCK = 0n;
const clockPairing: KvmCallHandler = ({ host, vcpu, args }) => {
  if (args[1] !== KVM_CLOCK_PAIRING_WALLCLOCK) return KvmErrno.EOPNOTSUPP;
  const wallNs = host.wallClockBaseNs + BigInt(host.nowNs(vcpu));
  const bytes = new Uint8Array(CLOCK_PAIRING_SIZE);
  const view = new DataView(bytes.buffer);
  view.setBigInt64(0, wallNs / 1_000_000_000n, true);
  view.setBigInt64(8, wallNs % 1_000_000_000n, true);
  view.setBigUint64(16, host.guestTsc(vcpu), true);
  return host.memory.write(gpaOf(args[0]), bytes) ? 0n : KvmErrno.EFAULT;
};

/** Logical destination and shorthand bits of the ICR: not allowed. */
const ICR_DESTINATION = 0xc_0800n;
const sendIpi: KvmCallHandler = ({ host, vcpu, args: [low, high, min, icr], wide }) => {
  if (icr & ICR_DESTINATION) return KvmErrno.EINVAL;
  const icrLow = Number(BigInt.asUintN(32, icr));
  const mode = (icrLow >> 8) & 7;
  let count = 0n;
  const send = (bitmap: bigint, first: number): void => {
    for (let bit = 0; bitmap >> BigInt(bit) !== 0n; bit++) {
      if (!((bitmap >> BigInt(bit)) & 1n)) continue;
      const target = host.vcpuOfApicId((first + bit) >>> 0);
      if (target === undefined) continue;
      host.trace(TraceKind.ipi, vcpu, target, icrLow & 0xff, mode < DELIVERY_MODES.length ? mode : 0, IPI_ORIGINS.indexOf('hypercall'));
      if (host.sendIpi(vcpu, target, icrLow)) count++;
    }
  };
  const first = Number(BigInt.asUintN(32, min));
  send(low, first);
  send(high, (first + (wide ? 64 : 32)) >>> 0);
  return count;
};

const schedYield: KvmCallHandler = (call) => {
  yieldTo(call, call.args[0]);
  return 0n;
};

/** By the name in the rows. */
export const KVM_CALL_HANDLERS: Readonly<Record<string, KvmCallHandler>> = {
  VAPIC_POLL_IRQ: vapicPollIrq,
  KICK_CPU: kickCpu,
  CLOCK_PAIRING: clockPairing,
  SEND_IPI: sendIpi,
  SCHED_YIELD: schedYield,
};
