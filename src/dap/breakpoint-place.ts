// Where a breakpoint of the console, or one by function name, is: the same words in both.
import type { BreakpointSubject } from '../debug/breakpoints/breakpoint';

/** "hypercall:SEND_IPI", "phys:0x1000", "0x1000", "file.c:12", "name", "name*". */
export function breakpointSubject(text: string): BreakpointSubject {
  const hypercall = /^hypercall:(.*)$/i.exec(text)?.[1]?.trim();
  if (hypercall !== undefined) return { kind: 'hypercall', name: hypercall === '' || hypercall === '*' ? undefined : hypercall };
  const physical = /^phys(?:ical)?:\s*(0x[0-9a-f]{1,13})$/i.exec(text)?.[1];
  if (physical !== undefined) return { kind: 'physical', address: BigInt(physical) };
  if (/^\*?0x[0-9a-f]{1,16}$/i.test(text)) return { kind: 'instruction', address: BigInt(text.replace('*', '')) };
  const line = /^(.+):(\d+)$/.exec(text);
  return line ? { kind: 'source', path: line[1] ?? '', line: Number(line[2]) } : { kind: 'function', name: text };
}
