// Where our decoder and iced-x86 differ on purpose: each row names instructions by iced's mnemonic and says why.

export interface ExplainedDifference {
  reason: string;
  /** Of iced's mnemonic. */
  mnemonic: RegExp;
  /** What may differ. */
  what: 'validity' | 'name' | 'operands' | 'length';
}

export const EXPLAINED_DIFFERENCES: readonly ExplainedDifference[] = [
  {
    reason: 'extensions that CPUID never offers are #UD, as on a processor without them',
    what: 'validity',
    mnemonic:
      /^(Xabort|Xbegin|Xend|Xtest|Encl|Vm|Invlpga|Skinit|Stgi|Clgi|Serialize|Femms|Getsec|Xstore|Extrq|Insertq|Tpause|Umwait|Umonitor|Pcommit|Lkgs|Xsusldtrk|Xresldtrk|Setssbsy|Clrssbsy|Rstorssp|Saveprevssp|Incssp|Xsha|Ccs|Xcrypt|Montmul|Ptwrite|Pconfig|Wrmsrns|Rdmsrlist|Wrmsrlist|Clzero|Rdpru|Mcommit|Psmash|Pvalidate|Rmp|Tdcall|Seam|Clui|Stui|Testui|Uiret|Senduipi|Monitorx|Mwaitx|Invept|Invvpid|Erets|Eretu|Hreset|Zalloc|Xsaves|Xrstors|Wrss|Wruss|Gf2|Aesenc.*kl|Aesdec.*kl|Encodekey|Loadiwkey|Movdir|Enqcmd|Movnts[sd]|Aadd|Aand|Aor|Axor|Pf|Pi2f|Pi2fw|Pavgusb|Pmulhrw$|Pswapd|Cmpccxadd|Prefetchrst|V[pf]|Bextr|Pbndkb|Invlpgb|Tlbsync|Blc|Bls|T1ms|Tzms|Llwp|Slwp|Lwp)/i,
  },
  {
    reason: 'extensions that are rows of other families, or not yet rows',
    what: 'validity',
    mnemonic: /^(Xsave|Xrstor|Clwb|Rdpkru|Wrpkru|Rdpid|Invpcid|Rdrand|Rdseed|Crc32|Movbe|Sha|Adcx|Adox|Movntss|Movntsd)/i,
  },
  {
    reason: 'reserved and vendor-specific opcodes of processors before AMD64',
    what: 'validity',
    mnemonic:
      /^(Undoc|Jmpe|Loadall|Cl1invmb|Umov|Xbts|Ibts|Cmpxchg486|Cflsh|Smint|Dmint|Rdm|Altinst|Bb[01]|Cpu_|Svdc|Rsdc|Svldt|Rsldt|Svts|Rsts|Rdshr|Wrshr|Feni|Fdisi|Fsetpm|Frstpm)/i,
  },
  {
    reason: 'iced shows a 16-bit source where AMD reads 32 bits of memory; the result is the same',
    what: 'operands',
    mnemonic: /^Movsxd$/,
  },
  { reason: 'F3 90 with REX.B is XCHG r8, rAX (a native CPU agrees)', what: 'name', mnemonic: /^Pause$/ },
  { reason: 'always #UD: the row is there to say so', what: 'validity', mnemonic: /^Ud[012]/ },
  {
    reason: 'a prefix that newer extensions gave a meaning is ignored, as on older processors',
    what: 'name',
    mnemonic: /^(Wbnoinvd|Rdssp|Cldemote|Endbr|Vmgexit)/i,
  },
];

/** Names that differ only in how they are spelled. */
const GROUPS: readonly (readonly string[])[] = [
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
  ['UNPCKLPS', 'PUNPCKLDQ'],
  ['UNPCKLPD', 'PUNPCKLQDQ'],
  ['UNPCKHPS', 'PUNPCKHDQ'],
  ['UNPCKHPD', 'PUNPCKHQDQ'],
  ['PSRLDQ', 'PSRLD'],
  ['FNSTSW', 'FNSTSWAX'],
  ['SYSRETQ', 'SYSRET'],
  ['SYSEXITQ', 'SYSEXIT'],
  ['WAIT', 'FWAIT'],
  ['LDDQU', 'MOVDQU'],
];

export function sameName(ours: string, theirs: string): boolean {
  const a = ours.toUpperCase();
  const b = theirs.toUpperCase();
  if (a === b || b.startsWith(a) || a.startsWith(b)) return true;
  return GROUPS.some((group) => group.some((n) => a.startsWith(n)) && group.some((n) => b.startsWith(n)));
}
