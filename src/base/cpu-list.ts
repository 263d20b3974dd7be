// Lists of physical CPUs as people write them, and as cpuset(7) has them: "0-1,3".

/** In order; undefined: no such list, or one of more CPUs than there can be. */
export function parseCpuList(text: string, limit: number): number[] | undefined {
  const cpus = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^\s*(\d+)\s*(?:-\s*(\d+)\s*)?$/.exec(part);
    if (match === null) return undefined;
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    if (last < first || last >= limit) return undefined;
    for (let cpu = first; cpu <= last; cpu++) cpus.add(cpu);
  }
  return [...cpus].sort((a, b) => a - b);
}

/** The shortest text of a list: neighbours in one part. */
export function cpuListText(cpus: readonly number[]): string {
  const parts: { first: number; last: number }[] = [];
  for (const cpu of cpus.toSorted((a, b) => a - b)) {
    const before = parts.at(-1);
    if (before !== undefined && cpu <= before.last + 1) before.last = cpu;
    else parts.push({ first: cpu, last: cpu });
  }
  return parts.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`)).join(',');
}
