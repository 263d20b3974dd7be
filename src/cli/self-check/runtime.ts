// What this runtime offers that the engine can use: versions and kinds of WebAssembly memory.

export interface RuntimeLine {
  name: string;
  text: string;
  /** False: Hyperscope cannot run here. */
  ok: boolean;
}

/** "magic, version", then a memory section with one memory of these limits. */
const memoryModule = (...limits: number[]): Uint8Array =>
  Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, limits.length + 1, 1, ...limits]);
/** A module whose one function (type () → ()) is `return_call 0`. */
const TAIL_CALL = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 6, 1, 4, 0, 0x12, 0, 0x0b]);

const KINDS: readonly { name: string; module: Uint8Array; needed: boolean }[] = [
  { name: '32-bit memory', module: memoryModule(1, 1, 2), needed: true },
  { name: 'shared memory', module: memoryModule(3, 1, 2), needed: false },
  { name: '64-bit memory', module: memoryModule(5, 1, 2), needed: false },
  { name: 'tail calls', module: TAIL_CALL, needed: false },
];

const GIB_4_PAGES = 65536;

function largestMemory(): string {
  for (const pages of [GIB_4_PAGES, GIB_4_PAGES / 2, GIB_4_PAGES / 4]) {
    try {
      new WebAssembly.Memory({ initial: 1, maximum: pages, shared: true });
      return `${(pages * 65536) / 2 ** 30} GiB can be reserved`;
    } catch {
      // the next smaller one
    }
  }
  return 'less than 1 GiB can be reserved';
}

export function runtimeLines(): RuntimeLine[] {
  const major = Number(process.versions.node.split('.')[0]);
  return [
    {
      name: 'Node.js',
      text: `${process.versions.node} on ${process.platform}-${process.arch}${major < 20 ? ' (20 or newer is needed)' : ''}`,
      ok: major >= 20,
    },
    { name: 'V8', text: process.versions.v8 ?? 'unknown', ok: true },
    ...KINDS.map(({ name, module, needed }) => {
      const present = WebAssembly.validate(module as Uint8Array<ArrayBuffer>);
      return { name, text: present ? 'yes' : 'no', ok: present || !needed };
    }),
    { name: 'address space', text: largestMemory(), ok: true },
  ];
}
