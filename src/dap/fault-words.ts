// Error codes in words: what a page fault says (SDM vol 3 figure 5-12), and which selector the others name (figure 7-7).

const PAGE_FAULT: readonly (readonly [number, string, string])[] = [
  [0, 'protection', 'not present'],
  [1, 'write', 'read'],
  [2, 'user', 'supervisor'],
];
const PAGE_FAULT_MORE: readonly (readonly [number, string])[] = [
  [3, 'reserved bit set'],
  [4, 'instruction fetch'],
  [5, 'protection key'],
  [6, 'shadow stack'],
  [15, 'SGX'],
];
const PF = 14;
/** #TS, #NP, #SS, #GP. */
const NAMES_SELECTOR = (vector: number): boolean => vector >= 10 && vector <= 13;
const HAS_CODE = (vector: number): boolean => vector === 8 || NAMES_SELECTOR(vector) || vector === PF || vector === 17 || vector === 21;

/** "0x6 (not present, write, user)"; undefined where the exception has no error code. */
export function errorCodeText(vector: number, code: number): string | undefined {
  if (!HAS_CODE(vector)) return undefined;
  const words = vector === PF ? pageFault(code) : NAMES_SELECTOR(vector) ? selector(code) : '';
  return `0x${code.toString(16)}${words === '' ? '' : ` (${words})`}`;
}

function pageFault(code: number): string {
  return [
    ...PAGE_FAULT.map(([bit, set, clear]) => (code & (1 << bit) ? set : clear)),
    ...PAGE_FAULT_MORE.filter(([bit]) => code & (1 << bit)).map(([, name]) => name),
  ].join(', ');
}

function selector(code: number): string {
  if (code === 0) return '';
  const external = code & 1 ? ', while delivering an event' : '';
  if (code & 2) return `IDT entry ${code >> 3}${external}`;
  return `${code & 4 ? 'LDT' : 'GDT'} entry ${code >> 3}, selector 0x${(code & 0xfffc).toString(16)}${external}`;
}
