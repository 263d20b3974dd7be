// Which vCPUs of a guest are kept from running: those a person holds, and all others while one runs alone. Each change is an input of the run, which is logged.
import type { MachineControl } from '../../machine/control/control';
import type { VcpuInfo } from '../../machine/control/types';

export class Holds {
  /** While one runs alone: who is held when it has stopped. */
  private afterwards: Set<number> | undefined;

  constructor(
    private readonly control: MachineControl,
    private readonly vm: number,
  ) {}

  private async vcpus(): Promise<VcpuInfo[]> {
    return (await this.control.vcpus()).filter(({ vm, hold }) => vm === this.vm && hold !== 'gone');
  }

  async hold(vcpu: number, on: boolean): Promise<void> {
    const held = this.afterwards ?? new Set((await this.vcpus()).filter(({ hold }) => hold === 'held').map((each) => each.vcpu));
    if (on) held.add(vcpu);
    else held.delete(vcpu);
    if (this.afterwards === undefined) await this.control.hold(this.vm, [...held]);
  }

  /** `alone`: the only one that runs, though it be held itself; undefined: as they are held. */
  async during<T>(alone: number | undefined, work: () => Promise<T>): Promise<T> {
    if (alone === undefined) return work();
    const vcpus = await this.vcpus();
    const held = new Set(vcpus.filter(({ hold }) => hold === 'held').map(({ vcpu }) => vcpu));
    await this.control.hold(
      this.vm,
      vcpus.map(({ vcpu }) => vcpu).filter((vcpu) => vcpu !== alone),
    );
    this.afterwards = held;
    try {
      return await work();
    } finally {
      this.afterwards = undefined;
      // A guest that has ended holds nobody.
      await this.control.hold(this.vm, [...held]).catch(() => undefined);
    }
  }
}
