// The interpreter's calls for x87: an operation by its number, and the wait that finds an exception pending (SDM vol 1 ch. 8.6, 8.7).
import { CpuFault, Vector } from '../../x86/fault';
import { FPU_OPERATIONS } from '../../x86/fpu/operations';
import { FpuUnit } from '../../x86/fpu/unit';
import { NumericErrorPin, S, STATE } from '../../x86/layout';
import { FPU_PENDING, FpuDone, FpuPlace } from '../fpu-functions';
import { R } from '../record';
import type { EngineMemory } from '../vm-memory';
import type { PendingFault } from './pending-fault';

const CR0_NE = 0x20;
const ERROR_SUMMARY = 0x80;
const PINS = (STATE + S.numericError) >> 2;

/** (record, operation, argument) → FpuDone. */
export function fpuCalls(
  { view, u32 }: EngineMemory,
  fault: PendingFault,
): (record: number, operation: number, argument: number) => number {
  const unit = new FpuUnit(view, STATE);
  return (record, operation, argument) => {
    if (operation === FPU_PENDING) {
      if (u32[(STATE + S.cr0) >> 2]! & CR0_NE) fault.set(new CpuFault(Vector.MF));
      else if (u32[PINS]! & NumericErrorPin.ignne) return FpuDone.ignored;
      else fault.setNumericError();
      return FpuDone.left;
    }
    const stored = FPU_OPERATIONS[operation]!(unit, argument);
    const raised = u32[(STATE + S.fsw) >> 2]! & ERROR_SUMMARY;
    if (raised) u32[(STATE + S.fop) >> 2] = u32[(record + R.link) >> 2]! & FpuPlace.opcodeMask;
    else u32[PINS] = 0;
    return stored ? FpuDone.stored : FpuDone.left;
  };
}
