// The stack of a task that does not run: what __switch_to_asm saved (struct inactive_task_frame, arch/x86/include/asm/switch_to.h) is where it goes on.
import { Stack } from '../frames/stack';
import { VcpuStop } from '../frames/vcpu-stop';
import type { KernelMemory } from './kernel-memory';

/** In the order they lie on the stack, the return address last. */
const SAVED = ['r15', 'r14', 'r13', 'r12', 'rbx', 'rbp', 'rip'] as const;

export async function taskStack(memory: KernelMemory, task: bigint): Promise<Stack> {
  const { stop } = memory;
  const sp = await memory.read(task, memory.field('task_struct', 'thread.sp'));
  const values: Record<string, bigint> = { ...stop.file.values };
  for (const [i, name] of SAVED.entries()) values[name] = await memory.number(sp + BigInt(8 * i));
  values.rsp = sp + BigInt(8 * SAVED.length);
  return new Stack(VcpuStop.withRegisters(stop.context, stop.vcpu, { values, mode: stop.file.mode }));
}
