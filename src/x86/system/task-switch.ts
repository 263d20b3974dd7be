// The hardware task switch of JMP, CALL, IRET, and of interrupts and exceptions through task gates (SDM vol 3 ch. 8.3, tables 8-1 and 8-2). What can fault is
// looked at before the switch; what the new task's own selectors lead to is raised in the new task.
import type { Cpu } from '../cpu';
import { CpuFault, faults } from '../fault';
import { Seg } from '../layout';
import { Access, Cr0, dplOf, Rflags, SystemType } from './bits';
import { writeCr3 } from './control-registers';
import {
  cacheOf,
  type Descriptor,
  descriptorAddress,
  isCode,
  isConforming,
  isNull,
  isPresent,
  isSystem,
  markAccessed,
  readDescriptor,
  rplOf,
  selectorError,
  typeOf,
  unusable,
} from './descriptors';
import { isVirtual8086 } from './mode';
import { loadVm86Segment, readStackSegment } from './segments';
import { withinLimit } from './stack-frame';
import { minimumLimit, probeTask, readTask, saveTask, type TaskState } from './task-state';

/** The numbers are those of VM-exit qualifications (SDM vol 3 table 28-2). */
export const TaskCause = { call: 0, iret: 1, jmp: 2, gate: 3 } as const;
type Cause = (typeof TaskCause)[keyof typeof TaskCause];

const BUSY = 2n;
const DR6_BT = 1n << 15n;
/** L0 to L3 and LE. */
const DR7_LOCAL = 0x155n;
const DEFINED_FLAGS = 0x3f_7fd5n;
const DATA_SEGMENTS = [Seg.es, Seg.ds, Seg.fs, Seg.gs] as const;

/** Sets or clears the busy bit in the GDT. */
function setBusy(cpu: Cpu, linear: bigint, busy: boolean): void {
  const at = linear + 5n;
  const byte = cpu.memory.read(at, 1, 'system');
  cpu.memory.write(at, 1, busy ? byte | BUSY : byte & ~BUSY, 'system');
}

/** `flags`: the image that the old task's TSS gets. `ext`: EXT of the error codes. */
export function switchTask(cpu: Cpu, tss: Descriptor, cause: Cause, flags: bigint, ext = 0): void {
  const { state, memory } = cpu;
  const cache = cacheOf(tss);
  const type = typeOf(tss) & ~2;
  if (cache.limit < minimumLimit(type)) throw faults.ts(selectorError(tss.selector, ext));
  const old = state.segment(Seg.tr);
  const oldType = old.access & Access.type & ~2;
  if (old.access & Access.unusable || old.limit < minimumLimit(oldType)) throw faults.ts(selectorError(old.selector, ext));
  const oldDescriptor = descriptorAddress(cpu, old.selector & ~4);
  const task = readTask(cpu, cache.base, type);
  const nests = cause === TaskCause.call || cause === TaskCause.gate;
  probeTask(cpu, old.base, oldType);
  memory.probeWrite(tss.linear + 5n, 1, 'system');
  if (oldDescriptor !== undefined) memory.probeWrite(oldDescriptor + 5n, 1, 'system');
  if (nests) memory.probeWrite(cache.base, 2, 'system');
  cpu.host.event('task-switch', tss.selector, cause);
  // Everything from here on belongs to the new task.
  saveTask(cpu, old.base, oldType, cause === TaskCause.iret ? flags & ~Rflags.NT : flags);
  if (!nests && oldDescriptor !== undefined) setBusy(cpu, oldDescriptor, false);
  if (cause !== TaskCause.iret) setBusy(cpu, tss.linear, true);
  if (nests) memory.write(cache.base, 2, BigInt(old.selector & 0xffff), 'system');
  state.setSegment(Seg.tr, { ...cache, access: cache.access | Number(BUSY) });
  loadRegisters(cpu, task, nests);
  try {
    loadSegments(cpu, task, ext);
    if (!withinLimit(state.segment(Seg.cs), task.ip, 1)) throw faults.gp(ext);
  } catch (fault) {
    cpu.modeChanged();
    if (fault instanceof CpuFault) fault.inNewTask = true;
    throw fault;
  }
  if (task.trap) state.setU64('pendingDebug', state.u64('pendingDebug') | DR6_BT);
  cpu.modeChanged();
}

function loadRegisters(cpu: Cpu, task: TaskState, nests: boolean): void {
  const { state } = cpu;
  if (task.cr3 !== undefined) writeCr3(cpu, task.cr3);
  state.setU64('cr0', state.u64('cr0') | Cr0.TS);
  state.setDr(7, state.dr(7) & ~DR7_LOCAL);
  const flags = (task.flags & DEFINED_FLAGS) | Rflags.fixed;
  state.setU64('rflags', nests ? flags | Rflags.NT : flags);
  state.setU64('rip', task.ip);
  for (const [i, value] of task.gpr.entries()) state.setGpr(i, value);
  for (const [segment, selector] of task.selectors.entries()) state.setSegment(segment, unusable(selector));
  state.setSegment(Seg.ldtr, unusable(task.ldt));
  const cs = task.selectors[Seg.cs] ?? 0;
  state.setU32('cpl', flags & Rflags.VM ? 3 : rplOf(cs));
  cpu.modeChanged();
}

function loadSegments(cpu: Cpu, task: TaskState, ext: number): void {
  const { state } = cpu;
  loadLdt(cpu, task.ldt, ext);
  if (isVirtual8086(state)) {
    for (const [segment, selector] of task.selectors.entries()) loadVm86Segment(cpu, segment, selector);
    return;
  }
  const cpl = state.u32('cpl');
  const ss = task.selectors[Seg.ss] ?? 0;
  if (isNull(ss)) throw faults.ts(selectorError(ss, ext));
  const code = readTaskCode(cpu, task.selectors[Seg.cs] ?? 0, ext);
  markAccessed(cpu, code);
  state.setSegment(Seg.cs, cacheOf(code));
  const stack = readStackSegment(cpu, ss, cpl, faults.ts, ext);
  markAccessed(cpu, stack);
  state.setSegment(Seg.ss, cacheOf(stack));
  for (const segment of DATA_SEGMENTS) loadData(cpu, segment, task.selectors[segment] ?? 0, ext);
}

function loadLdt(cpu: Cpu, selector: number, ext: number): void {
  if (isNull(selector)) return;
  const code = selectorError(selector, ext);
  if (selector & 4) throw faults.ts(code);
  const descriptor = readDescriptor(cpu, selector, faults.ts, ext);
  if (!isSystem(descriptor) || typeOf(descriptor) !== SystemType.ldt || !isPresent(descriptor)) throw faults.ts(code);
  cpu.state.setSegment(Seg.ldtr, cacheOf(descriptor));
}

function readTaskCode(cpu: Cpu, selector: number, ext: number): Descriptor {
  const code = selectorError(selector, ext);
  if (isNull(selector)) throw faults.ts(code);
  const descriptor = readDescriptor(cpu, selector, faults.ts, ext);
  const dpl = dplOf(descriptor.access);
  const rpl = rplOf(selector);
  if (!isCode(descriptor) || (isConforming(descriptor) ? dpl > rpl : dpl !== rpl)) throw faults.ts(code);
  if (!isPresent(descriptor)) throw faults.np(code);
  return descriptor;
}

function loadData(cpu: Cpu, segment: number, selector: number, ext: number): void {
  if (isNull(selector)) return;
  const code = selectorError(selector, ext);
  const descriptor = readDescriptor(cpu, selector, faults.ts, ext);
  if (isSystem(descriptor) || (isCode(descriptor) && !(descriptor.access & Access.readable))) throw faults.ts(code);
  const dpl = dplOf(descriptor.access);
  if (!isConforming(descriptor) && (rplOf(selector) > dpl || cpu.state.u32('cpl') > dpl)) throw faults.ts(code);
  if (!isPresent(descriptor)) throw faults.np(code);
  markAccessed(cpu, descriptor);
  cpu.state.setSegment(segment, cacheOf(descriptor));
}
