// Segment registers with their hidden parts as one line: "0x8: code 64-bit, DPL 0" (access rights as VMX keeps them, SDM vol 3, table 25-2).

const SYSTEM_TYPES: Readonly<Record<number, string>> = {
  1: '16-bit TSS',
  2: 'LDT',
  3: 'busy 16-bit TSS',
  9: 'TSS',
  11: 'busy TSS',
};

export function decodeSegment(access: number): string {
  if (access & 0x10000) return 'unusable';
  const type = access & 0xf;
  const parts: string[] = [];
  if (access & 0x10) {
    const code = (type & 8) !== 0;
    const width = access & 0x2000 && code ? '64-bit' : access & 0x4000 ? '32-bit' : '16-bit';
    parts.push(`${code ? 'code' : 'data'} ${width}`);
    if (code) {
      if (type & 4) parts.push('conforming');
      if (!(type & 2)) parts.push('execute-only');
    } else {
      parts.push(type & 2 ? 'writable' : 'read-only');
      if (type & 4) parts.push('expand-down');
    }
  } else parts.push(SYSTEM_TYPES[type] ?? `system type ${type}`);
  parts.push(`DPL ${(access >> 5) & 3}`);
  if (!(access & 0x80)) parts.push('not present');
  return parts.join(', ');
}
