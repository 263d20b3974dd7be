// The devices of a VM for somebody who looks at it: plain, cloneable data.
import type { DescribedDevice } from '../../devices/describe';

export interface PendingEvent {
  /** Of the timer: "vcpu0.lapic", "pit.channel0"; with the VM's in front where it is another one's. */
  name: string;
  deadlineNs: number;
  /** input: what a person or a log gives; background: neighbours; held: its VM's clocks stand still, and `deadlineNs` is when it would come if they went on now. */
  kind: 'input' | 'guest' | 'background' | 'held';
}

export interface MachineDevices {
  nowNs: number;
  /** What the VM's own clocks show then, which its devices' times are on: less, where it was held. */
  guestNs: number;
  /** They stand still. */
  guestStands: boolean;
  devices: DescribedDevice[];
  /** In the order in which they come. */
  pending: PendingEvent[];
}

export type { DescribedCell, DescribedColumn, DescribedDevice, DescribedRegister } from '../../devices/describe';
