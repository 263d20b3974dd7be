// One instruction that a TypeScript helper runs: state is exact before it, and put back where it throws. RIP is moved in halves: a BigInt for each would cost
// more than most helpers do.
import { assert } from '../../base/assert';
import type { Helper } from '../../x86/cpu';
import { CpuFault, NumericError } from '../../x86/fault';
import { Activity, Gpr, ModeBit, ResumeFlag, S, STATE } from '../../x86/layout';
import { Rflags } from '../../x86/system/bits';
import { fromFault } from '../../x86/system/delivery';
import type { Description, HelperWay } from '../code-cache';
import type { EngineReturn } from '../cpu-engine';
import { ExitCell, HELPER_RIP, INTERRUPTED } from '../record';
import type { EngineMemory } from '../vm-memory';
import { CPUID_CHANGERS, CpuidTable } from './cpuid-table';
import type { Deliveries } from './deliveries';
import { numericError } from './numeric-error';
import type { Observation } from './observation';
import type { PortTable } from './port-table';
import type { RecordedInsn } from './recorded-insn';
import type { RunBudget } from './run-budget';
import type { StopPoints } from './stop-points';
import type { Vcpu } from './vcpu';
import { isWakeable } from './wakeable';

/** Instructions that read or write performance counters. */
const COUNTER_READERS: readonly string[] = ['RDPMC', 'RDMSR', 'WRMSR'];
const SYSTEM_CALLS: readonly string[] = ['SYSCALL', 'SYSRET'];
/** Of helpers that access one port. */
const PORTS: Readonly<Record<string, { readonly write: boolean; readonly inDx: boolean }>> = {
  inImmediate: { write: false, inDx: false },
  inDx: { write: false, inDx: true },
  outImmediate: { write: true, inDx: false },
  outDx: { write: true, inDx: true },
};
const gpr = (register: number): number => (STATE + S.gpr + register * 8) >> 2;
const DR6_BS = 1 << 14;
const TF = Number(Rflags.TF);
const RIP = (STATE + S.rip) >> 2;
const SHADOW = (STATE + S.shadow) >> 2;
const RESUME_FLAG = (STATE + S.resumeFlag) >> 2;
const ACTIVITY = (STATE + S.activity) >> 2;
const TWO_32 = 0x1_0000_0000;

export class HelperRunner {
  /** Halves of the RIP of the instruction whose helper runs. */
  private running = false;
  private ripLow = 0;
  private ripHigh = 0;
  private readonly answers: CpuidTable;

  constructor(
    private readonly memory: EngineMemory,
    private readonly helpers: Readonly<Record<string, Helper>>,
    private readonly budget: RunBudget,
    private readonly deliveries: Deliveries,
    private readonly stops: StopPoints,
    private readonly observation: Observation,
    private readonly ports: PortTable,
  ) {
    this.answers = new CpuidTable(memory);
  }

  /** RIP of the instruction whose helper runs. */
  get rip(): bigint | undefined {
    return this.running ? this.memory.view.getBigUint64(HELPER_RIP, true) : undefined;
  }

  run(vcpu: Vcpu, description: Description): EngineReturn | undefined {
    const { insn } = description;
    const { state } = vcpu;
    assert(insn, 'the row is decoded for a helper');
    const way = this.wayOf(description);
    if (way.border && this.budget.kind === 'stop-at-border') return { kind: 'border' };
    if (!way.helper) return { kind: 'unimplemented', text: description.row.name, rip: state.u64('rip') };
    if (this.observation.on) this.observation.begins(vcpu, description.row, insn.reg);
    vcpu.forget();
    if (way.readsCounters) vcpu.pmu.look();
    const { u32 } = this.memory;
    const shadowBefore = u32[SHADOW]!;
    u32[SHADOW] = 0;
    u32[RESUME_FLAG] = ResumeFlag.none;
    this.ripLow = u32[RIP]!;
    this.ripHigh = u32[RIP + 1]!;
    u32[HELPER_RIP >> 2] = this.ripLow;
    u32[(HELPER_RIP >> 2) + 1] = this.ripHigh;
    this.running = true;
    if (way.interrupts) this.deliveries.delivered = true;
    if (way.cpuid === 'asks') this.answers.asking();
    if (way.border) this.ports.forget();
    try {
      this.call(vcpu, insn, way.helper);
    } catch (error) {
      return this.thrown(vcpu, error, shadowBefore);
    }
    const { raised } = vcpu.cpu;
    if (raised !== undefined) {
      vcpu.cpu.raised = undefined;
      return this.thrown(vcpu, raised, shadowBefore);
    }
    this.running = false;
    this.budget.retire(1);
    if (way.cpuid === 'asks') this.answers.answered();
    else if (way.cpuid === 'changes') this.answers.forget();
    if (way.port) this.accessed(vcpu, insn, way.port);
    if (way.vectored) u32[(INTERRUPTED >> 2) + Number(insn.imm & 0xffn)] = u32[ExitCell.runNumber >> 2]!;
    if (way.returns) this.stops.returned(state);
    if (way.systemCall) this.afterTransfer(vcpu);
    if (way.shadow && shadowBefore === 0) u32[SHADOW] = way.shadow;
    if (u32[ACTIVITY] !== Activity.running && !isWakeable(state)) return { kind: 'halted' };
    return undefined;
  }

  /** Rows have many shapes: they are asked once. */
  wayOf(description: Description): HelperWay {
    description.way ??= this.wayOfRow(description);
    return description.way;
  }
  /** A row that is emitted elsewhere (strings) is run by the helper of its own name. */
  private wayOfRow({ row }: Description): HelperWay {
    const name = row.helper ?? row.name.toLowerCase();
    return {
      helper: this.helpers[name],
      cpuid: name === 'cpuid' ? 'asks' : CPUID_CHANGERS.includes(name) ? 'changes' : undefined,
      border: row.border === true,
      readsCounters: COUNTER_READERS.includes(row.name),
      interrupts: row.name.startsWith('INT'),
      vectored: row.helper === 'intN',
      returns: row.helper === 'iret',
      port: PORTS[name],
      systemCall: SYSTEM_CALLS.includes(row.name),
      shadow: row.shadow === 'sti' ? 1 : row.shadow ? 2 : 0,
    };
  }

  private call({ state, cpu }: Vcpu, insn: RecordedInsn, helper: Helper): void {
    const { u32 } = this.memory;
    insn.begin(state, this.ripLow, this.ripHigh);
    const next = this.ripLow + insn.length;
    u32[RIP] = next;
    if (!(u32[(STATE + S.mode) >> 2]! & ModeBit.code64)) u32[RIP + 1] = 0;
    else if (next >= TWO_32) u32[RIP + 1] = this.ripHigh + 1;
    helper(cpu, insn);
  }

  private thrown(vcpu: Vcpu, error: unknown, shadowBefore: number): EngineReturn | undefined {
    const { state } = vcpu;
    this.running = false;
    if (!(error instanceof CpuFault) && !(error instanceof NumericError)) throw error;
    const { u32 } = this.memory;
    if (!(error instanceof CpuFault && error.inNewTask)) {
      u32[RIP] = this.ripLow;
      u32[RIP + 1] = this.ripHigh;
    }
    if (error instanceof CpuFault) {
      this.stops.faulted(state);
      return this.deliveries.deliver(vcpu, fromFault(error));
    }
    state.setU32('shadow', shadowBefore);
    this.stops.left(state);
    return numericError(vcpu, this.budget);
  }

  private accessed({ cpu }: Vcpu, insn: RecordedInsn, { write, inDx }: NonNullable<HelperWay['port']>): void {
    const { u32 } = this.memory;
    const port = inDx ? u32[gpr(Gpr.rdx)]! & 0xffff : Number(insn.imm) & 0xff;
    const size = insn.operandSize === 8 ? 4 : insn.operandSize;
    const value = u32[gpr(Gpr.rax)]! & (size === 1 ? 0xff : size === 2 ? 0xffff : -1);
    this.ports.accessed(cpu.host.quick, port, size, write, value);
  }

  /** TF counts after SYSCALL and SYSRET have changed it: user code is stepped over the kernel and not into it (SDM vol 3 ch. 19.3.1.4). */
  private afterTransfer({ state }: Vcpu): void {
    this.deliveries.delivered = true;
    if (state.u32('rflags') & TF) state.setU32('pendingDebug', state.u32('pendingDebug') | DR6_BS);
  }
}
