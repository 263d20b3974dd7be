// The breakpoints of one guest: their places found and armed in the engine, and at a stop which of them a person wants to stop at.
import type { MachineControl } from '../../machine/control/control';
import { touchFields } from '../../machine/control/stop-types';
import type { StopInfo, StopReason } from '../../machine/control/types';
import type { DebuggerEvent } from '../events';
import { rootMask } from '../memory/tables-root';
import type { AddressMap } from '../run/address-map';
import type { VcpuView } from '../run/step-port';
import type { Symbols } from '../symbols';
import type { Breakpoint } from './breakpoint';
import { Decisions } from './decisions';
import { type ResolveContext, resolveBreakpoint } from './resolve';
import { type StopPointOwner, StopPoints, type WantedStop } from './stop-points';
import type { BreakpointTable, WantedBreakpoint } from './table';

export interface ArmedParts {
  readonly control: MachineControl;
  readonly vm: number;
  readonly symbols: Symbols;
  readonly addresses: AddressMap;
  readonly breakpoints: BreakpointTable;
  /** The vCPU that a person looks at. */
  readonly vcpu: () => number;
  readonly hasEnded: () => boolean;
  /** See ResolveContext. */
  readonly isLate: (condition: string) => boolean;
  readonly tell: (event: DebuggerEvent) => void;
}

const REGISTER =
  /^(r([abcd]x|[sd]i|[bs]p|ip|flags|[89]|1[0-5])|cr[02348]|dr[0-7]|([cdefgs]s|ldtr|tr|gdtr|idtr)(\.\w+)?|efer|cpl|xmm\d+|\w+_gs_base|l?star)$/;

export class ArmedBreakpoints {
  readonly decisions: Decisions;
  private readonly stopPoints: StopPoints;
  /** Who wants stops at plain places, beside the person's breakpoints. */
  private readonly placeOwners = new Set<StopPointOwner>();
  private resolving: Promise<void> = Promise.resolve();

  constructor(private readonly parts: ArmedParts) {
    this.stopPoints = new StopPoints(parts.control, parts.vm);
    this.decisions = new Decisions((text, breakpoint) => parts.tell({ kind: 'log', text, breakpoint }));
  }

  private get table(): BreakpointTable {
    return this.parts.breakpoints;
  }

  /** Replaces a group at once; places are found afterwards and told by events. */
  set(group: string, wanted: readonly WantedBreakpoint[]): Breakpoint[] {
    const known = new Set(this.table.all);
    const { now, gone } = this.table.replace(group, wanted);
    for (const breakpoint of gone) this.stopPoints.set(breakpoint, []);
    const fresh = now.filter((breakpoint) => !known.has(breakpoint));
    if (fresh.length > 0 || gone.length > 0) void this.resolve(fresh);
    return now;
  }

  /** Finds the places of breakpoints (all of them for a new guest) and arms them. */
  resolve(breakpoints: readonly Breakpoint[]): Promise<void> {
    const { symbols, addresses, control, vm, vcpu, hasEnded, tell, isLate } = this.parts;
    const context: ResolveContext = {
      symbols,
      addresses,
      registers: (name) => REGISTER.test(name),
      translate: async (linear) => (await control.walk(vm, vcpu(), linear)).result?.gpa,
      isLate,
      tables: async () => {
        const { values } = await control.registers(vm, vcpu());
        return { cr3: values.cr3 ?? 0n, mask: rootMask(values) };
      },
    };
    const work = async (): Promise<void> => {
      // Whoever asked gets the answer first, the places afterwards.
      await new Promise<void>((next) => setImmediate(next));
      for (const breakpoint of breakpoints) {
        if (!this.table.all.includes(breakpoint)) continue;
        const wanted = await resolveBreakpoint(breakpoint, context);
        this.stopPoints.set(breakpoint, wanted);
        tell({ kind: 'breakpoint', breakpoint });
      }
      await this.send();
    };
    const next = this.resolving.then(work);
    this.resolving = next.catch((error: unknown) => {
      if (!hasEnded()) tell({ kind: 'message', severity: 'error', text: `Setting breakpoints failed: ${String(error)}` });
    });
    return this.resolving;
  }

  /** Resolves when every breakpoint set so far is armed. */
  get ready(): Promise<void> {
    return this.resolving;
  }

  send(): Promise<void> {
    return this.stopPoints.send();
  }

  /** Stop points of a client that knows places only (gdb): a stop there is a breakpoint's that is none of the person's. */
  showPlaces(owner: StopPointOwner, places: readonly WantedStop[]): void {
    this.setPlaces(owner, places);
    if (places.length > 0) this.placeOwners.add(owner);
    else this.placeOwners.delete(owner);
  }

  isPlace(stop: StopInfo): boolean {
    return [...this.ownersOf(stop)].some((owner) => this.placeOwners.has(owner));
  }

  isAt(linear: bigint): boolean {
    return this.stopPoints.isAt(linear);
  }

  /** Nothing but one owner's places is sent. */
  only(owner: StopPointOwner | undefined): void {
    this.stopPoints.only = owner;
  }

  /** On the way back: a breakpoint holds there. What it logs has been logged. */
  async stopsBackAt(stop: StopInfo, view: VcpuView): Promise<boolean> {
    this.decisions.backwards = true;
    try {
      return (await this.stopsHere(stop, view)).length > 0;
    } finally {
      this.decisions.backwards = false;
    }
  }

  /** Places of a step, armed beside the breakpoints. */
  setPlaces(owner: StopPointOwner, places: readonly WantedStop[]): void {
    this.stopPoints.set(owner, places);
  }

  ownersOf({ reason }: StopInfo): Set<StopPointOwner> {
    return this.stopPoints.ownersOf('ids' in reason ? reason.ids : []);
  }

  /** The breakpoint of one stop point. */
  ofStopPoint(id: number): Breakpoint | undefined {
    const [owner] = this.stopPoints.ownersOf([id]);
    return owner && this.isBreakpoint(owner) ? (owner as Breakpoint) : undefined;
  }

  /** Breakpoints that hold at a stop point. */
  async stopsHere(stop: StopInfo, view: VcpuView): Promise<readonly Breakpoint[]> {
    const candidates = [...this.ownersOf(stop)].filter((each) => this.isBreakpoint(each)) as Breakpoint[];
    return this.decisions.decide(candidates, view, (breakpoint) => this.fieldsOf(stop.reason, breakpoint));
  }

  /** Numbers that its condition can use beside the guest's. */
  private fieldsOf(reason: StopReason, breakpoint: Breakpoint): Readonly<Record<string, bigint>> {
    if (reason.kind === 'event') return reason.event.fields;
    if (reason.kind !== 'data') return {};
    const touch = reason.touches.find(({ id }) => this.stopPoints.ownersOf([id]).has(breakpoint));
    return touch ? touchFields(touch) : {};
  }

  private isBreakpoint(owner: StopPointOwner): boolean {
    return this.table.all.includes(owner as Breakpoint);
  }
}

export function isStopPoint({ reason }: StopInfo): boolean {
  return 'ids' in reason;
}
