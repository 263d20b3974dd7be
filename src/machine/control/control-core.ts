// The commands that drive a host, synchronous: what MachineControl's two implementations call. Whoever drives it calls `advance` while it is running.
import { scanCodesOfText } from '../../devices/i8042/keys.rows';
import { parseInputLog, writeInputLog } from '../input-log';
import { readBytes, writeBytes } from '../memory-access';
import { checkChange } from '../scheduling';
import { hostDigest } from '../state/digest';
import { readSnapshot, writeSnapshot } from '../state/snapshot';
import { controlErrors } from './control-errors';
import { ControlViews } from './control-views';
import type { HeldClock, MachineAction, SchedulingChange, Space } from './types';

export { controlErrors } from './control-errors';

export class ControlCore extends ControlViews {
  setRegister(vm: number, vcpu: number, name: string, value: bigint): void {
    this.vcpu(vm, vcpu);
    this.history.checkPresent();
    this.host.inputs.register(vm, vcpu, name, value);
  }

  /** These vCPUs of a VM, and no others, are kept from running: a logged input. */
  hold(vm: number, vcpus: readonly number[]): void {
    for (const vcpu of vcpus) this.vcpu(vm, vcpu);
    const held = this.vm(vm).vcpus.filter(({ entity }) => entity.hold === 'held');
    const wanted = vcpus.filter((vcpu) => this.vcpu(vm, vcpu).entity.hold !== 'gone').sort((a, b) => a - b);
    if (held.map(({ index }) => index).join() === wanted.join()) return;
    this.history.checkPresent();
    this.host.inputs.hold(vm, wanted);
  }

  /** Holds all of a VM, or lets it go on: a logged input. */
  holdVm(vm: number, held: boolean, clock: HeldClock): void {
    if (this.vm(vm).held.isHeld === held) return;
    this.history.checkPresent();
    this.host.inputs.holdVm(vm, held, clock);
  }

  /** Takes a vCPU out of its machine for good: a logged input. */
  takeOffline(vm: number, vcpu: number): void {
    if (this.vcpu(vm, vcpu).entity.hold === 'gone') return;
    this.history.checkPresent();
    this.host.inputs.offline(vm, vcpu);
  }

  /** A logged input, by physical pages. */
  writeMemory(vm: number, space: Space, address: bigint, bytes: Uint8Array): number {
    this.history.checkPresent();
    const { engine } = this.vm(vm);
    const translate = this.translator(vm, space);
    // Only where it can be written: probed with what is there.
    const writable = readBytes(engine, address, bytes.length, translate).length;
    const pieces: { gpa: number; bytes: Uint8Array }[] = [];
    writeBytes(
      {
        memory: {
          write: (gpa: number, piece: Uint8Array) => {
            pieces.push({ gpa, bytes: piece });
            return true;
          },
        },
      },
      address,
      bytes.subarray(0, writable),
      translate,
    );
    for (const piece of pieces) this.host.inputs.memory(vm, piece.gpa, piece.bytes);
    return writable;
  }

  input(vm: number, bytes: Uint8Array, notBeforeNs = 0): void {
    if (this.vm(vm).config.consoleDevice === 'vga') {
      this.keyboard(vm, Uint8Array.from(scanCodesOfText(new TextDecoder().decode(bytes))), notBeforeNs);
    } else {
      this.history.checkPresent();
      this.host.inputs.console(vm, bytes, notBeforeNs);
    }
  }

  /** Scan codes of set 2. */
  keyboard(vm: number, bytes: Uint8Array, notBeforeNs = 0): void {
    this.vm(vm);
    this.history.checkPresent();
    this.host.inputs.keyboard(vm, bytes, notBeforeNs);
  }

  powerButton(vm: number, notBeforeNs = 0): boolean {
    if (!this.vm(vm).input.listensToPowerButton) return false;
    this.history.checkPresent();
    this.host.inputs.powerButton(vm, notBeforeNs);
    return true;
  }

  /** Weights, caps, affinity, pCPUs: a logged input. */
  schedule(change: SchedulingChange, notBeforeNs = 0): void {
    checkChange(this.host, change);
    this.history.checkPresent();
    this.host.inputs.schedule(change, notBeforeNs);
  }

  /** The user restarts a VM, or switches it off: a logged input. */
  machine(vm: number, action: MachineAction, notBeforeNs = 0): void {
    this.vm(vm);
    this.history.checkPresent();
    this.host.inputs.machine(vm, action, notBeforeNs);
  }

  inputLog(): string {
    return writeInputLog(this.host.inputs.log, this.host.inputs.forkedAtNs);
  }

  replay(log: string, name: string): void {
    this.host.inputs.replay(parseInputLog(log, name));
  }

  save(): Uint8Array {
    if (this.isRunning) throw controlErrors.running('saving');
    return writeSnapshot(this.host);
  }

  restore(snapshot: Uint8Array): void {
    if (this.isRunning) throw controlErrors.running('restoring');
    readSnapshot(this.host, snapshot);
    this.history.restart();
    this.host.control.pause('entry');
  }

  digest(): string {
    return hostDigest(this.host);
  }
}
