// The exception that made the interpreter leave, or that stands in the way of a fetch, until it is delivered.
import { assert } from '../../base/assert';
import { CpuFault } from '../../x86/fault';

export class PendingFault {
  private fault: CpuFault | undefined;

  /** The interpreter left before an x87 instruction, for FERR#. */
  private numericError = false;

  get isSet(): boolean {
    return this.fault !== undefined;
  }
  set(fault: CpuFault | undefined): void {
    this.fault = fault;
  }
  forget(): void {
    this.fault = undefined;
  }
  setNumericError(): void {
    this.numericError = true;
  }
  takeNumericError(): boolean {
    const { numericError } = this;
    this.numericError = false;
    return numericError;
  }
  take(): CpuFault {
    const { fault } = this;
    assert(fault, 'a fault is pending');
    this.fault = undefined;
    return fault;
  }
  /** Runs what may throw an exception of the guest, from inside the interpreter: 0 with the exception pending where it does. */
  guard(action: () => number): number {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof CpuFault)) throw error;
      this.fault = error;
      return 0;
    }
  }
}
