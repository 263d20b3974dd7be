// Linux's own words in expressions: current, per_cpu(x, cpu), this_cpu(x), container_of(pointer, struct type, member).
import { UNSIGNED_LONG } from '../c/number';
import { rvalue, type Value } from '../c/value';
import type { VcpuStop } from '../frames/vcpu-stop';
import type { KernelMemory } from './kernel-memory';
import { linuxErrors } from './linux-errors';
import { currentTask } from './tasks';

/** What an expanded per_cpu() is called until it is looked up. */
const PER_CPU = /^__per_cpu__(\w+)__(\d+|this)$/;

export const LINUX_WORDS = /\bcurrent\b|\b(container_of|per_cpu|this_cpu)\s*\(/;

export type MemoryOf = (stop: VcpuStop) => Promise<KernelMemory>;

export async function expandExpression(text: string, stop: VcpuStop, memoryOf: MemoryOf): Promise<string> {
  if (!/\b(container_of|per_cpu|this_cpu)\s*\(/.test(text)) return text;
  const memory = await memoryOf(stop);
  let expanded = text;
  for (;;) {
    const call = innermostCall(expanded);
    if (!call) return expanded;
    expanded = expanded.slice(0, call.start) + writtenOut(call, memory) + expanded.slice(call.end);
  }
}

export async function linuxVariable(name: string, stop: VcpuStop, memoryOf: MemoryOf): Promise<Value | undefined> {
  const perCpu = PER_CPU.exec(name);
  if (name !== 'current' && !perCpu) return undefined;
  const memory = await memoryOf(stop);
  const { file } = memory.kernel;
  if (!perCpu) {
    const task = file.typeByName('struct task_struct');
    return rvalue(await currentTask(memory), task ? { kind: 'pointer', flavour: 'pointer', size: 8, target: task } : UNSIGNED_LONG);
  }
  const [, variable = '', cpu = ''] = perCpu;
  const base = cpu === 'this' ? memory.ownPerCpuBase : await memory.perCpuBase(Number(cpu));
  const address = BigInt.asUintN(64, base + memory.perCpuOffset(variable));
  const [global] = file.globals(variable);
  return { type: global?.type ?? file.btfVariableType(variable) ?? UNSIGNED_LONG, location: { kind: 'memory', address } };
}

interface Call {
  readonly name: string;
  readonly parts: readonly string[];
  readonly start: number;
  readonly end: number;
}

/** The last call that begins in a text has none inside. */
function innermostCall(text: string): Call | undefined {
  const found = [...text.matchAll(/\b(container_of|per_cpu|this_cpu)\s*\(/g)].at(-1);
  if (!found) return undefined;
  const [opening, name = ''] = found;
  const parts: string[] = [];
  let depth = 1;
  let from = found.index + opening.length;
  for (let at = from; at < text.length; at++) {
    const letter = text[at]!;
    if ('([{'.includes(letter)) depth++;
    else if (')]}'.includes(letter)) depth--;
    if (depth > 0 && (depth !== 1 || letter !== ',')) continue;
    parts.push(text.slice(from, at).trim());
    from = at + 1;
    if (depth === 0) return { name, parts, start: found.index, end: at + 1 };
  }
  throw linuxErrors.badCall(name, 'its ")" is missing');
}

function writtenOut({ name, parts }: Call, memory: KernelMemory): string {
  if (name === 'container_of') {
    const [pointer, type, member] = parts;
    if (parts.length !== 3 || !pointer || !type || !member)
      throw linuxErrors.badCall(name, 'write container_of(pointer, struct type, member)');
    const { offset } = memory.field(type.replace(/^struct\s+/, ''), member);
    return `((${type} *)((char *)(${pointer}) - ${offset}))`;
  }
  const [variable = '', cpu] = parts;
  const plain = variable.replace(/^&\s*/, '');
  const wanted = cpu === undefined ? 'this' : cpu;
  if (!/^\w+$/.test(plain) || !/^(\d+|this)$/.test(wanted) || parts.length > (name === 'this_cpu' ? 1 : 2))
    throw linuxErrors.badCall(name, name === 'this_cpu' ? 'write this_cpu(variable)' : 'write per_cpu(variable) or per_cpu(variable, 1)');
  memory.symbol(plain);
  return `${variable === plain ? '' : '&'}__per_cpu__${plain}__${wanted}`;
}
