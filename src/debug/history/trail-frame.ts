// Which frame and source line an instruction that has run belonged to: from its address and stack registers alone, by call frame information.
import type { TrailStep } from '../../machine/control/types';
import type { LineEntry } from '../../symbols/symbol-model';
import { dwarfRegisterName } from '../registers/names';
import type { VcpuView } from '../run/step-port';

export interface Place {
  /** Linked address. */
  readonly pc: bigint;
  readonly cfa: bigint | undefined;
  readonly functionStart: bigint | undefined;
  readonly line: LineEntry | undefined;
  readonly rsp: bigint;
  /** Calls inlined around it, the function itself included. */
  readonly depth: number;
}

/** The place of the vCPU that is looked at. */
export async function placeOf({ stop, stack }: VcpuView): Promise<Place & { readonly callerPc: bigint | undefined }> {
  const { physical } = await stack.top();
  const { symbols } = stop.context;
  const caller = await stack.callerOf(physical);
  return {
    pc: physical.linkedPc,
    cfa: symbols.unwindRow(physical.lookupPc) && physical.knownCfa,
    functionStart: symbols.functionAt(physical.linkedPc)?.lowAddress,
    line: symbols.lineAt(physical.linkedPc),
    rsp: stop.value('rsp'),
    depth: symbols.inlineChain(physical.linkedPc).length,
    callerPc: caller?.linkedPc,
  };
}

/** The same of an instruction on the way here. */
export function placeOfStep(step: TrailStep, { stop }: VcpuView): Place {
  const { symbols, addresses } = stop.context;
  const pc = addresses.toLinked(stop.file.mode === 'long64' ? step.linear : BigInt.asUintN(32, step.linear));
  const rule = symbols.unwindRow(pc)?.cfa;
  let cfa: bigint | undefined;
  if (rule?.kind === 'register') {
    const name = dwarfRegisterName(rule.register, stop.is64);
    const base = name === 'rsp' ? step.rsp : name === 'rbp' ? step.rbp : undefined;
    cfa = base === undefined ? undefined : BigInt.asUintN(64, base + rule.offset);
  }
  return {
    pc,
    cfa,
    functionStart: symbols.functionAt(pc)?.lowAddress,
    line: symbols.lineAt(pc),
    rsp: step.rsp,
    depth: symbols.inlineChain(pc).length,
  };
}

export const sameLine = (a: LineEntry | undefined, b: LineEntry | undefined): boolean =>
  a !== undefined && b !== undefined && a.line === b.line && a.file === b.file;

/** A line begins there. */
export const beginsLine = ({ line, pc }: Place): boolean => line?.isStmt === true && line.start === pc;
