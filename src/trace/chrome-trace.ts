// Writes events as Chrome trace JSON (Trace Event Format; Perfetto and chrome://tracing read it), piece by piece, so that a long run needs no memory.
//
// One process with a track per pCPU (who runs there) and one per VM with a track per vCPU: run states, in them exits and hypercalls with their cost, the
// rest as instants; a counter of stolen time per vCPU; arrows from a kick, wake-up or IPI to what it causes.
import type { FieldValue } from './field';
import type { TraceEvent } from './reader';

export interface ChromeTraceOptions {
  /** Takes the next piece of the file, in order. */
  write(text: string): void;
  /** What people call hypercall `nr`: "KICK_CPU". */
  hypercallName?(interfaceName: string, nr: number): string | undefined;
  msrName?(index: number): string | undefined;
}

const HOST_PROCESS = 1;
const vmProcess = (vm: number): number => (vm < 0 ? HOST_PROCESS : 100 + vm);
/** Microseconds with the nanoseconds kept. */
const us = (ns: number): number => ns / 1000;

interface ChromeEvent {
  ph: 'X' | 'i' | 'C' | 'M' | 's' | 'f';
  name: string;
  cat?: string;
  ts?: number;
  dur?: number;
  pid: number;
  tid?: number;
  id?: number;
  bp?: 'e';
  s?: 't';
  args?: Record<string, unknown>;
}

interface Band {
  name: string;
  sinceNs: number;
  /** Where it runs, or -1. */
  pcpu: number;
}

interface VcpuTrack {
  band: Band | undefined;
  stolenNs: number;
  /** Arrows that end when the vCPU runs next, and those that end when it takes a vector. */
  wakes: number[];
  ipis: Map<number, number[]>;
}

export class ChromeTraceWriter {
  private first = true;
  private nextFlow = 1;
  private lastNs = 0;
  private readonly tracks = new Map<string, VcpuTrack>();
  /** Neighbours that have a pCPU now, by pCPU. vCPUs are known by their run states. */
  private readonly neighbours = new Map<number, Band>();
  private readonly named = new Set<string>();

  constructor(private readonly options: ChromeTraceOptions) {
    options.write('{"displayTimeUnit":"ns","traceEvents":[\n');
  }

  private put(event: ChromeEvent): void {
    const text = JSON.stringify(event, (_key, value) => (typeof value === 'bigint' ? `0x${value.toString(16)}` : value));
    this.options.write(this.first ? text : `,\n${text}`);
    this.first = false;
  }

  private name(pid: number, processName: string, tid: number, threadName: string): void {
    for (const [key, kind, name] of [
      [`${pid}`, 'process_name', processName],
      [`${pid}.${tid}`, 'thread_name', threadName],
    ] as const) {
      if (this.named.has(key)) continue;
      this.named.add(key);
      this.put({ ph: 'M', name: kind, pid, tid, args: { name } });
    }
  }

  private track(vm: number, vcpu: number): VcpuTrack {
    const key = `${vm}.${vcpu}`;
    let track = this.tracks.get(key);
    if (track === undefined) {
      track = { band: undefined, stolenNs: 0, wakes: [], ipis: new Map() };
      this.tracks.set(key, track);
      this.name(vmProcess(vm), `vm${vm}`, vcpu, `vCPU ${vcpu}`);
    }
    return track;
  }

  event(event: TraceEvent): void {
    this.lastNs = Math.max(this.lastNs, event.virtualNs + event.durationNs);
    if (event.vcpu >= 0) this.track(event.vm, event.vcpu);
    switch (event.kind) {
      case 'run-state':
        this.runState(event);
        break;
      case 'sched-switch':
        this.schedSwitch(event);
        break;
      case 'vm-exit':
        this.slice(event, String(event.fields.reason), 'exit');
        break;
      case 'hypercall':
        this.slice(event, this.callName(event.fields), 'hypercall');
        break;
      case 'msr-read':
      case 'msr-write':
        this.instant(event, `${event.kind} ${this.options.msrName?.(Number(event.fields.msr)) ?? hex(event.fields.msr)}`);
        break;
      case 'kick':
        this.instant(event, 'kick');
        this.startFlow(event, Number(event.fields.target), 'kick');
        break;
      case 'sched-wake':
        this.instant(event, `wake: ${event.fields.reason}`);
        this.wake(event);
        break;
      case 'ipi':
        this.instant(event, `IPI to vCPU ${event.fields.target}`);
        this.startFlow(event, Number(event.fields.target), 'ipi', Number(event.fields.vector));
        break;
      case 'interrupt-injected':
        this.instant(event, `interrupt ${hex(event.fields.vector)}`);
        this.endIpi(event);
        break;
      default:
        this.instant(event, event.kind);
    }
  }

  private callName(fields: Record<string, FieldValue>): string {
    const interfaceName = String(fields.interface);
    const nr = Number(fields.nr);
    return `${interfaceName}: ${this.options.hypercallName?.(interfaceName, nr) ?? nr}`;
  }

  private slice(event: TraceEvent, name: string, cat: string): void {
    const { vm, vcpu, virtualNs, durationNs, rip, seq, fields } = event;
    this.put({ ph: 'X', name, cat, ts: us(virtualNs), dur: us(durationNs), pid: vmProcess(vm), tid: vcpu, args: { ...fields, rip, seq } });
  }

  private instant(event: TraceEvent, name: string): void {
    const { vm, vcpu, virtualNs, rip, seq, fields, kind } = event;
    this.put({
      ph: 'i',
      s: 't',
      name,
      cat: kind,
      ts: us(virtualNs),
      pid: vmProcess(vm),
      tid: Math.max(vcpu, 0),
      args: { ...fields, rip, seq },
    });
  }

  private runState(event: TraceEvent): void {
    const { vm, vcpu, virtualNs } = event;
    const track = this.track(vm, vcpu);
    this.endBand(vm, vcpu, track, virtualNs);
    track.band = { name: String(event.fields.to), sinceNs: virtualNs, pcpu: Number(event.fields.pcpu) };
    if (event.fields.to !== 'running') return;
    for (const id of track.wakes) this.endFlow(event, id, 'wake');
    track.wakes = [];
  }

  private endBand(vm: number, vcpu: number, track: VcpuTrack, nowNs: number): void {
    const { band } = track;
    if (band === undefined || nowNs <= band.sinceNs) return;
    const durationNs = nowNs - band.sinceNs;
    this.put({ ph: 'X', name: band.name, cat: 'run-state', ts: us(band.sinceNs), dur: us(durationNs), pid: vmProcess(vm), tid: vcpu });
    if (band.name === 'running' && band.pcpu >= 0) this.turn(band.pcpu, `vm${vm} vCPU ${vcpu}`, band.sinceNs, nowNs);
    if (band.name !== 'runnable') return;
    track.stolenNs += durationNs;
    this.put({ ph: 'C', name: `steal vCPU ${vcpu}`, ts: us(nowNs), pid: vmProcess(vm), args: { us: us(track.stolenNs) } });
  }

  private schedSwitch(event: TraceEvent): void {
    const { pcpu, next, nextId } = event.fields;
    const at = Number(pcpu);
    this.endNeighbour(at, event.virtualNs);
    if (next === 'neighbour') this.neighbours.set(at, { name: `neighbour ${nextId}`, sinceNs: event.virtualNs, pcpu: at });
  }

  private endNeighbour(pcpu: number, nowNs: number): void {
    const band = this.neighbours.get(pcpu);
    this.neighbours.delete(pcpu);
    if (band !== undefined && nowNs > band.sinceNs) this.turn(pcpu, band.name, band.sinceNs, nowNs);
  }

  /** Somebody had a pCPU for a while. */
  private turn(pcpu: number, name: string, fromNs: number, toNs: number): void {
    this.name(HOST_PROCESS, 'host', pcpu, `pCPU ${pcpu}`);
    this.put({ ph: 'X', name, cat: 'sched', ts: us(fromNs), dur: us(toNs - fromNs), pid: HOST_PROCESS, tid: pcpu });
  }

  private wake(event: TraceEvent): void {
    const by = Number(event.fields.byVcpu);
    if (by < 0 || event.fields.reason === 'kick') return;
    const from = { ...event, vm: Number(event.fields.byVm), vcpu: by };
    this.startFlow(from, event.vcpu, 'wake');
  }

  private startFlow(event: TraceEvent, target: number, name: 'kick' | 'wake' | 'ipi', vector?: number): void {
    if (target < 0) return;
    const id = this.nextFlow++;
    this.put({
      ph: 's',
      name: vector === undefined ? 'wake' : 'ipi',
      cat: 'flow',
      id,
      ts: us(event.virtualNs),
      pid: vmProcess(event.vm),
      tid: event.vcpu,
      args: { cause: name },
    });
    const track = this.track(event.vm, target);
    if (vector === undefined) track.wakes.push(id);
    else track.ipis.set(vector, [...(track.ipis.get(vector) ?? []), id]);
  }

  private endIpi(event: TraceEvent): void {
    const { ipis } = this.track(event.vm, event.vcpu);
    const vector = Number(event.fields.vector);
    for (const id of ipis.get(vector) ?? []) this.endFlow(event, id, 'ipi');
    ipis.delete(vector);
  }

  private endFlow(event: TraceEvent, id: number, name: string): void {
    this.put({ ph: 'f', bp: 'e', name, cat: 'flow', id, ts: us(event.virtualNs), pid: vmProcess(event.vm), tid: event.vcpu });
  }

  /** Ends the bands that are still open, at the latest instant seen or at `endNs`, and the file. */
  end(endNs = this.lastNs): void {
    for (const [key, track] of this.tracks) {
      const [vm, vcpu] = key.split('.').map(Number) as [number, number];
      this.endBand(vm, vcpu, track, endNs);
    }
    for (const pcpu of [...this.neighbours.keys()]) this.endNeighbour(pcpu, endNs);
    this.options.write('\n]}\n');
  }
}

function hex(value: FieldValue | undefined): string {
  return `0x${(typeof value === 'string' ? 0 : (value ?? 0)).toString(16)}`;
}
