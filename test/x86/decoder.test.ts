// The decoder against iced-x86: opcode maps × ModRM samples × prefixes × modes; length, validity, and the mnemonic where a row has semantics.
import assert from 'node:assert/strict';
import { DecoderOptions, Decoder as Iced, Mnemonic } from 'iced-x86';
import { Decoder } from '../../src/x86/decode/decoder';
import { INSN_ROWS } from '../../src/x86/insn/rows';
import { ModeBit } from '../../src/x86/layout';

const MODES = [
  { bits: 64, mode: ModeBit.code64 | ModeBit.flat | ModeBit.protectedMode | ModeBit.longMode },
  { bits: 32, mode: ModeBit.code32 | ModeBit.stack32 | ModeBit.flat | ModeBit.protectedMode },
  { bits: 16, mode: 0 },
] as const;
const MODRM = [
  0x00, 0x05, 0x04, 0x44, 0x4c, 0x84, 0x85, 0xc0, 0xc1, 0xd0, 0xd8, 0xe8, 0xf0, 0xf9, 0x10, 0x18, 0x20, 0x28, 0x30, 0x38, 0xc8, 0xe0, 0xf8,
];
const PREFIXES = [[], [0x66], [0xf2], [0xf3], [0x48], [0x67], [0x66, 0x48], [0x64], [0x41]];
const TAIL = [0x25, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb];

/** Extensions that CPUID does not offer: #UD, as on a processor without them. (TSX, SGX, VMX and SVM, XSAVE, CET, WAITPKG, 3DNow!, SSE4a, PadLock, …) */
const NOT_OFFERED =
  /^(Xabort|Xbegin|Xend|Xtest|Encl|Vm|Invlpga|Skinit|Stgi|Clgi|Serialize|Femms|Getsec|Xstore|Xsave|Xrstor|Extrq|Insertq|Tpause|Umwait|Umonitor|Clwb|Pcommit|Lkgs|Xsusldtrk|Xresldtrk|Setssbsy|Clrssbsy|Rstorssp|Saveprevssp|Incssp|Xsha|Ccs|Undoc|Xcrypt|Montmul|Ptwrite|Encls|Enclu|Pconfig|Wrmsrns|Rdmsrlist|Wrmsrlist|Clzero|Rdpru|Mcommit|Psmash|Pvalidate|Rmp|Tdcall|Seam|Clui|Stui|Testui|Uiret|Senduipi|Rdpkru|Wrpkru|Monitorx|Mwaitx|Invept|Invvpid|Rdpid|Jmpe|Loadall|Ud|Erets|Eretu|Hreset|Cl1invmb|Umov|Xbts|Ibts|Cmpxchg486|Cflsh|Zalloc|Smint|Dmint|Rdm|Altinst|Bb[01]|Movdir|Enqcmd|Wru?ss|A(add|and|or|xor)$|Gf2p8|Movnts[sd]|Aes(enc|dec)(wide)?\d|Loadiwkey|Encodekey|Cpu_|Svdc|Rsdc|Svldt|Rsldt|Svts|Rsts|Rdshr|Wrshr)/i;
/** We ignore a prefix that newer extensions gave a meaning, as older processors do. */
const OLDER_MEANING = /^(Wbnoinvd|Rdssp|Cldemote|Endbr)/i;

/** Names that differ only in how they are spelled. */
const same = (ours: string, theirs: string): boolean => {
  const a = ours.toUpperCase();
  const b = theirs.toUpperCase();
  if (a === b || b.startsWith(a) || a.startsWith(b)) return true;
  const groups = [
    ['CBW', 'CWDE', 'CDQE'],
    ['CWD', 'CDQ', 'CQO'],
    ['JRCXZ', 'JECXZ', 'JCXZ'],
    ['NOP', 'PREFETCH', 'RESERVEDNOP', 'PREFETCHW', 'ENDBR'],
    ['MOVD', 'MOVQ'],
    ['PEXTRD', 'PEXTRQ'],
    ['PINSRD', 'PINSRQ'],
    ['SHL', 'SAL'],
    ['INT1', 'ICEBP'],
    ['MOVSXD', 'MOVSX'],
    ['CALLF', 'CALL'],
    ['JMPF', 'JMP'],
    ['PSRLDQ', 'PSRLD'],
    ['FNSTSW', 'FNSTSWAX'],
    ['SYSRETQ', 'SYSRET'],
    ['SYSEXITQ', 'SYSEXIT'],
    ['WAIT', 'FWAIT'],
    ['LDDQU', 'MOVDQU'],
    ['PEXTRD', 'PEXTRQ'],
    ['PINSRD', 'PINSRQ'],
  ];
  return groups.some((group) => group.some((n) => a.startsWith(n)) && group.some((n) => b.startsWith(n)));
};

function* streams(): Generator<number[]> {
  for (const prefix of PREFIXES)
    for (const escapes of [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]])
      for (let opcode = 0; opcode < 256; opcode++)
        for (const modrm of MODRM) yield [...prefix, ...escapes, opcode, modrm, ...TAIL].slice(0, 15);
}

describe('decoder against iced-x86', () => {
  const decoder = new Decoder(INSN_ROWS);
  for (const { bits, mode } of MODES)
    it(`${bits}-bit mode: length, validity and mnemonic`, () => {
      const wrong = new Map<string, string>();
      let compared = 0;
      for (const stream of streams()) {
        const bytes = Uint8Array.from(stream);
        const d = decoder.decode(bytes, 0, bytes.length, mode);
        const iced = new Iced(bits, bytes, DecoderOptions.None);
        const theirs = iced.decode();
        const valid = theirs.mnemonic !== Mnemonic.INVALID;
        const name = valid ? (Mnemonic[theirs.mnemonic] ?? '') : 'INVALID';
        const text = Buffer.from(bytes).toString('hex');
        const key = `${d.row?.name ?? d.status} ${d.row?.encoding ?? ''} / ${name}`;
        compared++;
        if (d.status === 'ok' && !valid) wrong.set(key, `${text}: ours ${d.row?.name}, iced: invalid`);
        else if (d.status === 'undefined' && valid && !NOT_OFFERED.test(name)) wrong.set(key, `${text}: ours undefined, iced ${name}`);
        else if (d.status === 'ok' && d.length !== theirs.length)
          wrong.set(key, `${text}: ${d.row?.name} length ${d.length}, iced ${theirs.length}`);
        else if (d.status === 'ok' && valid && !OLDER_MEANING.test(name) && !same(d.row!.name, name))
          wrong.set(key, `${text}: ours ${d.row?.name}, iced ${name}`);
        theirs.free();
        iced.free();
      }
      assert.ok(compared > 100_000);
      assert.deepEqual([...wrong.values()], []);
    });
});
