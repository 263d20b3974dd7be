// The registers that gdb is told about, by feature (GDB manual, G.5.8 "i386 Features"): one 64-bit description for every mode a vCPU can be in.
// A register's number is its place in this list; `from` names it in the machine's register file.

export interface GdbRegister {
  readonly name: string;
  readonly bits: number;
  readonly type: string;
  readonly from: string;
  readonly group?: 'general' | 'float' | 'vector' | 'system';
  /** A row of bits.rows.ts from which its type is made. */
  readonly flags?: string;
}

export interface GdbFeature {
  readonly name: string;
  /** Only where the guest's CPU has it (QEMU's spelling). */
  readonly needs?: 'avx' | 'pku';
  readonly registers: readonly GdbRegister[];
}

const words = (text: string): string[] => text.split(' ');
const numbered = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

const long = (name: string, from = name): GdbRegister => ({ name, bits: 64, type: 'int64', from });
const pointer = (name: string, type: 'data_ptr' | 'code_ptr'): GdbRegister => ({ name, bits: 64, type, from: name });
const small = (name: string, from = name): GdbRegister => ({ name, bits: 32, type: 'int32', from });
const x87 = (name: string, from: string): GdbRegister => ({ name, bits: 32, type: 'int', from, group: 'float' });
const system = (name: string, bits: 32 | 64 = 64, from = name): GdbRegister => ({
  name,
  bits,
  type: bits === 64 ? 'uint64' : 'uint32',
  from,
  group: 'system',
});
const flags = (name: string, bits: 32 | 64 = 64): GdbRegister => ({ ...system(name, bits), type: `${name}_bits`, flags: name });

const CORE: readonly GdbRegister[] = [
  ...words('rax rbx rcx rdx rsi rdi').map((name) => long(name)),
  pointer('rbp', 'data_ptr'),
  pointer('rsp', 'data_ptr'),
  ...words('r8 r9 r10 r11 r12 r13 r14 r15').map((name) => long(name)),
  pointer('rip', 'code_ptr'),
  { name: 'eflags', bits: 32, type: 'eflags_bits', from: 'rflags', flags: 'rflags' },
  ...words('cs ss ds es fs gs').map((name) => small(name)),
  ...numbered(8).map((i): GdbRegister => ({ name: `st${i}`, bits: 80, type: 'i387_ext', from: `st${i}` })),
  x87('fctrl', 'fcw'),
  x87('fstat', 'fsw'),
  x87('ftag', 'ftag'),
  x87('fiseg', 'fcs'),
  x87('fioff', 'fip'),
  x87('foseg', 'fds'),
  x87('fooff', 'fdp'),
  x87('fop', 'fop'),
];

const SSE: readonly GdbRegister[] = [
  ...numbered(16).map((i): GdbRegister => ({ name: `xmm${i}`, bits: 128, type: 'vec128', from: `xmm${i}` })),
  { name: 'mxcsr', bits: 32, type: 'mxcsr_bits', from: 'mxcsr', group: 'vector', flags: 'mxcsr' },
];

const HIDDEN: readonly GdbRegister[] = words('cs ss ds es fs gs ldtr tr').flatMap((name) => [
  ...(name === 'fs' || name === 'gs' ? [] : [system(`${name}_base`, 64, `${name}.base`)]),
  system(`${name}_limit`, 32, `${name}.limit`),
  system(`${name}_access`, 32, `${name}.access`),
]);

const SYSTEM: readonly GdbRegister[] = [
  flags('cr0'),
  ...words('cr2 cr3').map((name) => system(name)),
  flags('cr4'),
  system('cr8'),
  flags('efer'),
  flags('xcr0'),
  system('k_gs_base', 64, 'kernel_gs_base'),
  // CS.base + RIP: where the next instruction is, whatever the mode.
  { ...system('linear_pc'), type: 'code_ptr' },
  system('cpl', 32),
  ...words('ldtr tr').map((name) => system(name, 32)),
  ...HIDDEN,
  ...words('gdtr idtr').flatMap((name) => [system(`${name}_base`, 64, `${name}.base`), system(`${name}_limit`, 32, `${name}.limit`)]),
  ...words('dr0 dr1 dr2 dr3').map((name) => system(name)),
  flags('dr6'),
  system('dr7'),
  ...words('star lstar cstar fmask sysenter_cs sysenter_esp sysenter_eip tsc_aux tsc_adjust pat misc_enable').map((name) => system(name)),
];

export const FEATURES: readonly GdbFeature[] = [
  { name: 'org.gnu.gdb.i386.core', registers: CORE },
  { name: 'org.gnu.gdb.i386.sse', registers: SSE },
  {
    name: 'org.gnu.gdb.i386.avx',
    needs: 'avx',
    registers: numbered(16).map((i): GdbRegister => ({ name: `ymm${i}h`, bits: 128, type: 'uint128', from: `ymm${i}h` })),
  },
  { name: 'org.gnu.gdb.i386.segments', registers: [long('fs_base', 'fs.base'), long('gs_base', 'gs.base')] },
  {
    name: 'org.gnu.gdb.i386.pkeys',
    needs: 'pku',
    registers: [{ name: 'pkru', bits: 32, type: 'uint32', from: 'pkru' }],
  },
  { name: 'org.hyperscope.system', registers: SYSTEM },
];
