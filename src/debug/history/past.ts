// Going back in a guest's run for a person: steps, breakpoints, the last write of a place, other moments.
import type { DataAccess } from '../../machine/control/stop-types';
import type { Destination, Moment, TrailStep } from '../../machine/control/types';
import type { ArmedBreakpoints } from '../breakpoints/armed';
import { isStopPoint } from '../breakpoints/armed';
import type { WantedStop } from '../breakpoints/stop-points';
import type { InstructionDecoder } from '../disassembly/decoder';
import type { ShownStop } from '../events';
import type { PhysicalFrame } from '../frames/physical-frame';
import type { RunEnd, Runner } from '../run/runner';
import type { Travel, VcpuView } from '../run/step-port';
import type { BackPort } from './back-port';
import { StepBack } from './step-back';

/** The debugger around it. */
export interface PastParts {
  readonly vm: number;
  readonly runner: Runner;
  readonly armed: ArmedBreakpoints;
  readonly stop: () => ShownStop | undefined;
  readonly view: (vcpu: number) => Promise<VcpuView>;
  readonly decoder: () => InstructionDecoder;
  readonly loadDecoder: () => Promise<InstructionDecoder>;
  readonly forgetViews: () => void;
  readonly pausedHere: () => Promise<RunEnd>;
  readonly runTo: (places: readonly WantedStop[]) => Promise<Travel>;
  readonly single: (vcpu: number) => Promise<RunEnd>;
  /** Does the work as a run of the guest, and shows where it ends. */
  readonly travel: (work: () => Promise<Travel>, stepping?: number) => void;
}

/** A place in memory. */
export interface WatchedPlace {
  readonly space: 'linear' | 'physical';
  readonly address: bigint;
  readonly length: number;
}

export class Past implements BackPort {
  constructor(private readonly parts: PastParts) {}

  get decoder(): InstructionDecoder {
    return this.parts.decoder();
  }
  /** Nothing comes in between that has not been there. */
  readonly intoInterrupts = false;
  view(vcpu: number): Promise<VcpuView> {
    return this.parts.view(vcpu);
  }
  single(vcpu: number): Promise<RunEnd> {
    return this.parts.single(vcpu);
  }
  runTo(places: readonly WantedStop[]): Promise<Travel> {
    return this.parts.runTo(places);
  }

  // What a person asks for

  step(vcpu: number, kind: 'over' | 'in' | 'out', unit: 'line' | 'instruction'): void {
    this.parts.travel(async () => {
      await this.parts.loadDecoder();
      const stepper = new StepBack(this, vcpu);
      return kind === 'out' ? stepper.out() : stepper.step(kind, unit);
    }, vcpu);
  }

  /** One instruction, into whatever was called or came in between. */
  stepInstruction(vcpu: number): void {
    this.parts.travel(() => this.singleBack(vcpu), vcpu);
  }

  /** To the last breakpoint, or the beginning of what is recorded. */
  continue(): void {
    // What stopped here for memory or an event stands behind it already.
    const reason = this.parts.stop()?.reason.kind;
    this.parts.travel(() => this.goBack(undefined, reason !== 'data' && reason !== 'event'));
  }

  /** The same for gdb, which wants to stand before what touched memory. */
  continueBefore(): void {
    this.parts.travel(async () => {
      const end = await this.goBack(undefined, true);
      if (end === 'arrived' || end.kind !== 'stopped' || end.stop.reason.kind !== 'data') return end;
      const before = await this.singleBack(end.stop.at.vcpu);
      return before.kind === 'stopped' ? { kind: 'stopped', stop: { ...end.stop, position: before.stop.position } } : before;
    });
  }

  restartFrame(vcpu: number, frame: PhysicalFrame): void {
    this.parts.travel(async () => new StepBack(this, vcpu).toEntry(await this.view(vcpu), frame), vcpu);
  }

  goToDestination(destination: Destination): void {
    this.parts.travel(() => this.move(destination));
  }

  /** To behind the instruction that wrote a place last. */
  lastWrite(place: WatchedPlace): void {
    this.parts.travel(() => this.backOnly([{ where: { kind: 'data', ...place, access: 'write' satisfies DataAccess } }]));
  }

  // BackPort

  async backTo(places: readonly WantedStop[]): Promise<Travel> {
    const owner = {};
    this.parts.armed.setPlaces(
      owner,
      places.map((place) => ({ ...place, again: true })),
    );
    try {
      return await this.goBack(owner, false);
    } finally {
      this.parts.armed.setPlaces(owner, []);
    }
  }

  /** To the places and nothing else; the stop is shown. */
  private async backOnly(places: readonly WantedStop[]): Promise<RunEnd> {
    const { armed } = this.parts;
    const owner = {};
    armed.showPlaces(owner, places);
    armed.only(owner);
    try {
      await armed.send();
      armed.decisions.forget();
      return await this.move({ kind: 'last-hit', touched: true });
    } finally {
      armed.only(undefined);
      // The stop is told of a place that is armed no longer.
      armed.showPlaces(owner, []);
    }
  }

  singleBack(vcpu: number): Promise<RunEnd> {
    return this.move({ kind: 'step-back', vm: this.parts.vm, vcpu });
  }
  goTo(moment: Moment): Promise<RunEnd> {
    return this.move({ kind: 'moment', moment });
  }
  toBeginning(): Promise<RunEnd> {
    return this.move({ kind: 'begin' });
  }

  private async move(destination: Destination): Promise<RunEnd> {
    await this.parts.armed.send();
    this.parts.forgetViews();
    return this.parts.runner.travel(destination);
  }

  async trail(vcpu: number, count: number): Promise<readonly TrailStep[]> {
    const { runner, vm } = this.parts;
    const here = (await runner.control.vcpus()).find((each) => each.vm === vm && each.vcpu === vcpu);
    await this.parts.armed.send();
    return runner.control.trail(vm, vcpu, Math.max(0, (here?.position.retired ?? 0) - count));
  }

  private async goBack(owner: object | undefined, touched: boolean): Promise<Travel> {
    const { armed, runner } = this.parts;
    let also = touched;
    for (;;) {
      if (runner.pauseWanted) return this.parts.pausedHere();
      const end = await this.move({ kind: 'last-hit', touched: also });
      also = false;
      if (end.kind !== 'stopped' || !isStopPoint(end.stop)) return end;
      const owners = armed.ownersOf(end.stop);
      const shown = await armed.stopsBackAt(end.stop, await this.view(end.stop.at.vcpu));
      if (shown || armed.isPlace(end.stop)) return end;
      if (owner && owners.has(owner)) return 'arrived';
    }
  }
}
