// What the user keeps from running: a vCPU by itself, or a whole VM, as a hypervisor pauses them. Its run state is offline then: the time is nobody's steal.
import type { VirtualNs } from '../../devices/ports';
import type { Entity } from './entity';

/** What holding asks of the scheduler. */
interface Runs {
  park(entity: Entity, state: 'blocked' | 'offline', atNs: VirtualNs): void;
  wake(entity: Entity, atNs: VirtualNs): void;
}

export class Holds {
  constructor(private readonly scheduler: Runs) {}

  hold(entity: Entity, how: 'held' | 'gone', atNs: VirtualNs): void {
    const { state } = entity.account;
    entity.hold = how;
    if (state !== 'running' && state !== 'runnable') return;
    this.scheduler.park(entity, 'offline', atNs);
    entity.wouldRun = true;
  }

  release(entity: Entity, atNs: VirtualNs): void {
    if (entity.hold !== 'held') return;
    entity.hold = 'none';
    this.letGo(entity, atNs);
  }

  /** Its whole VM is held: each vCPU is offline, one that sleeps as well. */
  holdVm(entity: Entity, atNs: VirtualNs): void {
    const { state } = entity.account;
    const sleeps = state === 'blocked';
    if (state !== 'offline') {
      this.scheduler.park(entity, 'offline', atNs);
      entity.wouldRun = !sleeps;
      entity.wouldSleep = sleeps;
    }
    entity.vmHeld = true;
  }

  /** It does again what it did, unless it is held by itself. */
  releaseVm(entity: Entity, atNs: VirtualNs): void {
    entity.vmHeld = false;
    if (entity.wouldSleep) entity.account.enter('blocked', Math.max(atNs, entity.account.sinceNs), -1);
    entity.wouldSleep = false;
    this.letGo(entity, atNs);
  }

  private letGo(entity: Entity, atNs: VirtualNs): void {
    if (entity.isHeld || !entity.wouldRun) return;
    entity.wouldRun = false;
    this.scheduler.wake(entity, atNs);
  }
}
