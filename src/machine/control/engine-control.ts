// What a command line and a recording session need besides MachineControl. Both drivers implement it.
import type { MachineControl } from './control';

export interface EngineControl extends MachineControl {
  /** Goes on until this vCPU has retired so many instructions (then 'stopped' with reason 'limit'), or another stop. */
  runTo(vm: number, vcpu: number, retired: number): Promise<void>;
  /** Whether terminal input may still come: yes, unless said otherwise. Where not (a script has been given whole, the terminal is closed), an idle guest that only input could wake is halted for ever. */
  setInputOpen(open: boolean): Promise<void>;
  /** All inputs so far, as a file's text. */
  inputLog(): Promise<string>;
  /** Before the first resume: gives the inputs of a log at their times. `name` is for messages. */
  replay(log: string, name: string): Promise<void>;
}
