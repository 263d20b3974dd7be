// Changes in the past of a run: the machine refuses them until what came after is forgotten. Asked once here, by the launch setting "inThePast".
import { UserError } from '../base/user-error';
import type { MachineControl } from '../machine/control/control';
import { dapErrors } from './errors';

export class PastGuard {
  private asked: { promise: Promise<boolean>; answer(forget: boolean): void } | undefined;

  /** `ask`: lets a person answer by the request hyperscope/fork; undefined: there is nobody to ask. */
  constructor(
    private readonly control: MachineControl,
    private readonly policy: 'ask' | 'fork' | 'refuse',
    private readonly ask: (() => void) | undefined,
    private readonly onForked: () => void,
  ) {}

  /** The same control; what would change the past passes here. */
  guard(): MachineControl {
    const { control } = this;
    const { setRegister, writeMemory, input, keyboard, powerButton, hold, takeOffline, schedule } = control;
    control.setRegister = (...args) => this.change(() => setRegister.apply(control, args));
    control.writeMemory = (...args) => this.change(() => writeMemory.apply(control, args));
    control.input = (...args) => this.change(() => input.apply(control, args));
    control.keyboard = (...args) => this.change(() => keyboard.apply(control, args));
    control.powerButton = (...args) => this.change(() => powerButton.apply(control, args));
    control.hold = (...args) => this.change(() => hold.apply(control, args));
    control.takeOffline = (...args) => this.change(() => takeOffline.apply(control, args));
    control.schedule = (...args) => this.change(() => schedule.apply(control, args));
    return control;
  }

  /** False: nobody had asked. */
  answer(forget: boolean): boolean {
    const { asked } = this;
    this.asked = undefined;
    asked?.answer(forget);
    return asked !== undefined;
  }

  private async change<T>(change: () => Promise<T>): Promise<T> {
    try {
      return await change();
    } catch (error) {
      if (!(error instanceof UserError) || error.id !== 'in-the-past') throw error;
      if (!(await this.mayFork())) throw dapErrors.pastKept(this.policy === 'ask' && this.ask !== undefined);
    }
    return change();
  }

  private async mayFork(): Promise<boolean> {
    if (this.policy === 'refuse') return false;
    if (this.policy === 'ask') {
      if (this.ask === undefined) return false;
      if (!(await this.question())) return false;
    }
    await this.control.fork();
    this.onForked();
    return true;
  }

  /** One question, however many wait for the answer. */
  private question(): Promise<boolean> {
    if (this.asked === undefined) {
      let answer: (forget: boolean) => void = () => {};
      const promise = new Promise<boolean>((resolve) => {
        answer = resolve;
      });
      this.asked = { promise, answer };
      this.ask?.();
    }
    return this.asked.promise;
  }
}
