// All of Xen's state of one domain, and how its parts know each other.

import type { SavedValue, Stateful } from '../../base/saved';
import type { Timer } from '../../devices/ports';
import { Clock } from './clock';
import { ConsoleRing, NEXT_PIECE_NS } from './console-ring';
import { Events } from './events/events';
import { Upcalls } from './events/upcall';
import { GrantTable } from './grants/grant-table';
import { SHUTDOWN_REASONS, type ShutdownReason, type XenHost } from './host-port';
import { CONSOLE_GFN, LEGACY_MAX_VCPUS, STORE_GFN, VcpuInfo, XenPages } from './layout';
import { type PageRef, Physmap } from './physmap';
import { SharedMemory } from './shared-memory';
import { writeDomainNodes } from './store/domain-nodes';
import { StoreRing } from './store/ring';
import { newVcpuData, restoreVcpuData, saveVcpuData, type XenVcpuData } from './vcpu-data';
import { VcpuTimers } from './vcpu-timers';

/** HVM_PARAM_*. */
export const HvmParam = { callbackIrq: 0, storePfn: 1, storeEvtchn: 2, consolePfn: 17, consoleEvtchn: 18, count: 39 } as const;
/** Ends of the control domain. */
const Dom0Port = { store: 1, console: 2 } as const;
/** Virtual interrupts (public/xen.h). */
export const Virq = { timer: 0, debug: 1, xenoprof: 7, xenpmu: 13, count: 24 } as const;
const WATCHDOGS = 2;

export class XenDomain implements Stateful {
  readonly vcpus: readonly XenVcpuData[];
  readonly physmap: Physmap;
  readonly memory: SharedMemory;
  readonly upcalls: Upcalls;
  readonly events: Events;
  readonly clock: Clock;
  readonly grants: GrantTable;
  readonly console: ConsoleRing;
  readonly store: StoreRing;
  readonly timers: readonly VcpuTimers[];
  readonly watchdogs: readonly Timer[];
  readonly params: bigint[] = new Array<bigint>(HvmParam.count).fill(0n);
  /** VMASST_TYPE_runstate_update_flag. */
  runStateUpdateFlag = false;
  /** SCHEDOP_shutdown_code; -1: not said. */
  shutdownCode = -1;
  hypercallPage = 0n;

  constructor(
    readonly host: XenHost,
    onConsoleUsed: () => void,
  ) {
    this.vcpus = Array.from({ length: host.vcpuCount }, newVcpuData);
    this.physmap = new Physmap(host);
    this.memory = new SharedMemory(this.physmap);
    const vcpuInfo = (vcpu: number) => this.vcpuInfo(vcpu);
    this.upcalls = new Upcalls({
      ...{ host, memory: this.memory, vcpus: this.vcpus, vcpuInfo },
      callback: () => this.params[HvmParam.callbackIrq]!,
      wake: (vcpu) => this.wake(vcpu),
    });
    this.events = new Events({
      ...{ host, memory: this.memory, vcpus: this.vcpus, upcalls: this.upcalls, vcpuInfo },
      sharedInfo: () => this.sharedInfo,
      wake: (vcpu) => this.wake(vcpu),
    });
    this.clock = new Clock(host, this.memory, this.vcpus, vcpuInfo);
    this.grants = new GrantTable(this.memory, this.physmap, host.domainId);
    this.console = new ConsoleRing(
      host,
      this.memory,
      () => this.physmap.xenRef(XenPages.consoleRing),
      () => this.notify(HvmParam.consoleEvtchn),
      onConsoleUsed,
    );
    this.store = new StoreRing(
      host,
      this.memory,
      () => this.physmap.xenRef(XenPages.storeRing),
      () => this.notify(HvmParam.storeEvtchn),
    );
    this.timers = this.vcpus.map(
      (_, vcpu) => new VcpuTimers(host, vcpu, { onTimer: () => this.events.virq(vcpu, Virq.timer), onPolled: () => this.wake(vcpu) }),
    );
    this.watchdogs = Array.from({ length: WATCHDOGS }, (_, i) => host.timers.create(`xen-watchdog${i + 1}`, () => this.bark(i)));
    this.events.services.set(Dom0Port.store, () => this.store.service());
    this.events.services.set(Dom0Port.console, () => this.console.service());
  }

  get sharedInfo(): PageRef {
    return this.physmap.xenRef(XenPages.sharedInfo);
  }

  /** undefined: a vCPU beyond the legacy ones that has registered none. */
  vcpuInfo(vcpu: number): { ref: PageRef; offset: number } | undefined {
    const { info, infoOffset } = this.vcpus[vcpu]!;
    if (info !== undefined) return { ref: info, offset: infoOffset };
    return vcpu < LEGACY_MAX_VCPUS ? { ref: this.sharedInfo, offset: vcpu * VcpuInfo.size } : undefined;
  }

  /** An event from the control domain, where the guest's end is a port of it still. */
  private notify(param: number): void {
    const port = Number(this.params[param]);
    const binding = this.events.ports.get(port)?.binding;
    if (binding?.kind === 'interdomain' && binding.domain === 0) this.events.notify(port, 'dom0', -1);
  }

  /** SCHEDOP_block or SCHEDOP_poll is over. */
  awake(vcpu: number): void {
    const data = this.vcpus[vcpu]!;
    if (data.waitsIn === 'none') return;
    data.waitsIn = 'none';
    data.polled = [];
    this.timers[vcpu]!.endPoll();
  }
  private wake(vcpu: number): void {
    this.awake(vcpu);
    this.host.wake(vcpu);
  }

  /** A watchdog's time is over: the domain ends when its console is empty. */
  private bark(watchdog: number): void {
    if (this.console.drain() && this.console.hasOutput) this.watchdogs[watchdog]!.arm(this.host.nowNs(0) + NEXT_PIECE_NS);
    else this.shutdown('watchdog');
  }

  /** The console is empty: see `ConsoleRing.drain`. */
  shutdown(reason: ShutdownReason): void {
    this.host.shutdown(this.shutdownCode >= 0 ? SHUTDOWN_REASONS[this.shutdownCode]! : reason);
  }

  private get shutdownNode(): string {
    return `/local/domain/${this.host.domainId}/control/shutdown`;
  }
  /** It watches the node by which it would be asked. */
  get listensToShutdown(): boolean {
    return this.store.store.isWatched(this.shutdownNode);
  }

  /** The power button: asks the guest to switch itself off, as `xl shutdown` does. */
  requestShutdown(): void {
    this.store.store.write(this.shutdownNode, 'poweroff');
    this.store.changedByHost();
  }

  quiet(): void {
    for (const timers of this.timers) timers.reset();
    for (const timer of this.watchdogs) timer.cancel();
    this.console.quiet();
    this.store.quiet();
  }

  /** Power-on or a reboot: what a domain builder leaves. */
  powerOn(): void {
    const { host } = this;
    this.physmap.reset();
    this.physmap.place(XenPages.storeRing, STORE_GFN);
    this.physmap.place(XenPages.consoleRing, CONSOLE_GFN);
    this.events.clear();
    this.quiet();
    for (const [vcpu, data] of this.vcpus.entries()) {
      Object.assign(data, newVcpuData());
      host.setCallbackLine(vcpu, false);
    }
    this.runStateUpdateFlag = false;
    this.shutdownCode = -1;
    this.hypercallPage = 0n;
    this.params.fill(0n);
    this.grants.reset();
    this.console.reset();
    this.store.store.clear();
    this.store.reset();
    const connect = (port: number): number => this.events.allocate({ kind: 'interdomain', domain: 0, port }, 0)!;
    const storePort = connect(Dom0Port.store);
    const consolePort = connect(Dom0Port.console);
    this.params[HvmParam.storePfn] = BigInt(STORE_GFN);
    this.params[HvmParam.storeEvtchn] = BigInt(storePort);
    this.params[HvmParam.consolePfn] = BigInt(CONSOLE_GFN);
    this.params[HvmParam.consoleEvtchn] = BigInt(consolePort);
    writeDomainNodes(this.store.store, {
      ...{ name: host.domainName, uuid: uuidOf(host.domainId), storePort, consolePort, vcpus: host.vcpuCount },
      memoryKib: (this.physmap.maximum * 4096) / 1024,
      startSeconds: Number(host.wallClockBaseNs / 1_000_000_000n),
    });
    this.clock.writeWallClock(this.sharedInfo);
    for (let vcpu = 0; vcpu < this.vcpus.length; vcpu++) this.clock.update(vcpu);
  }

  save(): SavedValue {
    return {
      vcpus: this.vcpus.map(saveVcpuData),
      timers: this.timers.map((each) => each.save()),
      physmap: this.physmap.save(),
      events: this.events.save(),
      grants: this.grants.save(),
      console: this.console.save(),
      store: this.store.save(),
      params: [...this.params],
      runStateUpdateFlag: this.runStateUpdateFlag,
      shutdownCode: this.shutdownCode,
      hypercallPage: this.hypercallPage,
    };
  }

  restore(state: SavedValue): void {
    const saved = state as Record<string, SavedValue> & { vcpus: SavedValue[]; timers: SavedValue[]; params: bigint[] };
    for (const [vcpu, data] of this.vcpus.entries()) {
      restoreVcpuData(data, saved.vcpus[vcpu]!);
      this.timers[vcpu]!.restore(saved.timers[vcpu]!);
    }
    this.physmap.restore(saved.physmap!);
    this.events.restore(saved.events!);
    this.grants.restore(saved.grants!);
    this.console.restore(saved.console!);
    this.store.restore(saved.store!);
    this.params.splice(0, this.params.length, ...saved.params);
    this.runStateUpdateFlag = saved.runStateUpdateFlag as boolean;
    this.shutdownCode = saved.shutdownCode as number;
    this.hypercallPage = saved.hypercallPage as bigint;
  }
}

/** The domain's number, as a UUID: the same in every run. */
export const uuidOf = (domain: number): string => `00000000-0000-4000-8000-${domain.toString(16).padStart(12, '0')}`;
