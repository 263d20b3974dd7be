// What the interpreter imports: the slow paths in TypeScript, each of which remembers the exception that makes it refuse.
import { assert } from '../../base/assert';
import { CpuFault, Vector } from '../../x86/fault';
import { S, STATE } from '../../x86/layout';
import type { VectorContext } from '../../x86/simd/context';
import { VECTOR_OPERATIONS } from '../../x86/simd/operations';
import type { AccessPath } from '../access';
import { ACCESS_STACK } from '../access-info';
import type { InterpreterImports } from '../interpreter';
import type { Mmu } from '../mmu';
import { VECTOR_BYTES_SHIFT } from '../record';
import type { EngineMemory } from '../vm-memory';
import type { CheckedAddress } from './checked-address';
import type { CodeFetch } from './code-fetch';
import { fpuCalls } from './fpu-calls';
import type { PendingFault } from './pending-fault';
import type { StackFault } from './stack-fault';

const CR4_OSXMMEXCPT = 0x400;

export interface ImportParts {
  memory: EngineMemory;
  access: AccessPath;
  mmu: Mmu;
  fault: PendingFault;
  fetch: CodeFetch;
  checked: CheckedAddress;
  stackFault: StackFault;
  inPlace(record: number): number;
  goOn(exit: number): number;
  handOver(): void;
}

export function interpreterImports({
  memory,
  access,
  mmu,
  fault,
  fetch,
  checked,
  stackFault,
  inPlace,
  goOn,
  handOver,
}: ImportParts): InterpreterImports {
  const refused = (host: number, info: number): number => {
    if (host === 0 && access.refusal === 'fault') fault.set(ofAccess(mmu.fault, info));
    return host;
  };
  return {
    access: (lo, hi, info, record) => {
      const beyond = stackFault.byLimit(lo, info, record);
      if (!beyond) return refused(access.access(lo, hi, info, record), info);
      fault.set(beyond);
      return 0;
    },
    commit: () => access.commit(),
    raise: (vector) => fault.set(new CpuFault(vector, vector === Vector.GP || vector === Vector.SS ? 0 : undefined)),
    stackSlow: (offset, info) => fault.guard(() => refused(checked.stack(offset, info), info)),
    segmentAddress: (record) =>
      fault.guard(() => {
        checked.operand(record);
        return 1;
      }),
    straddle: (record) => fetch.straddle(record),
    vector: (operation, destination, source1, source2, immediate) => {
      const bytes = operation >> VECTOR_BYTES_SHIFT;
      const operands = { bytes, destination, source1, source2, immediate };
      const vector = runVector(memory, operation & ((1 << VECTOR_BYTES_SHIFT) - 1), operands);
      if (vector === undefined) return 1;
      fault.set(new CpuFault(vector));
      return 0;
    },
    fpuCall: fpuCalls(memory, fault),
    inPlace,
    goOn,
    handOver,
  };
}

/** A non-canonical address is #SS on the stack, #GP elsewhere (SDM vol 3 ch. 7.15, interrupt 12). */
const ofAccess = (fault: CpuFault | undefined, info: number): CpuFault | undefined =>
  fault?.vector === Vector.GP && info & ACCESS_STACK ? new CpuFault(Vector.SS, 0) : fault;

/** The vector of the exception it raises, if any. */
function runVector({ view, u32 }: EngineMemory, operation: number, operands: Omit<VectorContext, 'view' | 'mxcsr'>): number | undefined {
  const run = VECTOR_OPERATIONS[operation];
  assert(run, 'vector operation exists');
  const mxcsr = (STATE + S.mxcsr) >> 2;
  const context = { view, ...operands, mxcsr: u32[mxcsr]! };
  const vector = run(context);
  u32[mxcsr] = context.mxcsr;
  // SIMD floating-point exceptions are #UD until the kernel says that it handles them.
  return vector === undefined || u32[(STATE + S.cr4) >> 2]! & CR4_OSXMMEXCPT ? vector : Vector.UD;
}
