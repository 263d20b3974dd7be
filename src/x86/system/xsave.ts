// XSAVE, XSAVEOPT, XSAVEC, XRSTOR, XGETBV, XSETBV (SDM vol 1 ch. 13.7 to 13.10; vol 2).
//
// Choices that the manual leaves to the processor: XINUSE is exact; XSAVEOPT knows the init optimisation and not the modified one, so that what it writes
// follows from the state alone.
import type { Cpu, Helper, HelperInsn } from '../cpu';
import { faults } from '../fault';
import { Gpr } from '../layout';
import { Cr0, Cr4 } from './bits';
import { fetchMxcsr, Image, MXCSR_INIT, MXCSR_MASK, saveMxcsr } from './legacy-image';
import { isCode64 } from './mode';
import { requireCpl0 } from './operands';
import {
  ALL_COMPONENTS,
  AVX_BIT,
  bitOf,
  HEADER_BYTES,
  imageBytes,
  inUse,
  LEGACY_BYTES,
  offeredXcr0,
  offsets,
  PKRU_BIT,
  SSE_BIT,
  X87_BIT,
  XSTATE_COMPONENTS,
} from './xstate';

const COMPACTED = 1n << 63n;
const ALIGNMENT = 63n;
/** The standard format with all components, which is larger than any compacted one. */
const MOST_BYTES = imageBytes(ALL_COMPONENTS, false);
const XSTATE_BV = LEGACY_BYTES;
const XCOMP_BV = LEGACY_BYTES + 8;

function requireOsxsave({ state }: Cpu): void {
  if (!(state.u64('cr4') & Cr4.OSXSAVE)) throw faults.ud();
}
const requested = ({ state }: Cpu): bigint => (BigInt(state.gpr32(Gpr.rdx)) << 32n) | BigInt(state.gpr32(Gpr.rax));

/** #UD and #NM before the operand is looked at. */
function open(cpu: Cpu, insn: HelperInsn): { image: Image; rfbm: bigint; registers: 8 | 16 } {
  const { memory, state } = cpu;
  requireOsxsave(cpu);
  if (state.u64('cr0') & Cr0.TS) throw faults.nm();
  if (insn.linear & ALIGNMENT) throw faults.gp(0);
  const registers = isCode64(state) ? 16 : 8;
  const image = new Image(memory, insn.linear, insn.operandSize === 8, registers, MOST_BYTES);
  return { image, rfbm: requested(cpu) & state.u64('xcr0'), registers };
}

interface Saving {
  /** Components whose data is written. */
  data: bigint;
  xstateBv: bigint;
  /** Undefined: the standard format. */
  xcompBv: bigint | undefined;
  mxcsr: boolean;
}
function save(cpu: Cpu, image: Image, layout: bigint, { data, xstateBv, xcompBv, mxcsr }: Saving): void {
  const { state, memory } = cpu;
  const compacted = xcompBv !== undefined;
  memory.probeWrite(image.at, imageBytes(layout, compacted), 'current');
  const places = offsets(layout, compacted);
  for (const c of XSTATE_COMPONENTS) if (data & bitOf(c)) c.save(state, image, places.get(c.bit)!);
  if (mxcsr) saveMxcsr(state, image);
  image.put64(XSTATE_BV, xstateBv);
  if (compacted) image.put64(XCOMP_BV, xcompBv);
  image.store(XSTATE_BV, compacted ? 16 : 8);
}
const standard =
  (initOptimised: boolean): Helper =>
  (cpu, insn) => {
    const { image, rfbm, registers } = open(cpu, insn);
    const used = inUse(cpu.state, registers) & rfbm;
    // What is read of the header is written: a fault is a write's.
    cpu.memory.probeWrite(image.at, imageBytes(rfbm, false), 'current');
    image.fetch(XSTATE_BV, 8);
    const before = image.get64(XSTATE_BV);
    save(cpu, image, rfbm, {
      data: initOptimised ? used : rfbm,
      xstateBv: (before & ~rfbm) | used,
      xcompBv: undefined,
      mxcsr: (rfbm & (SSE_BIT | AVX_BIT)) !== 0n,
    });
  };
export const xsave = standard(false);
export const xsaveopt = standard(true);

/** MXCSR belongs to SSE here: a value other than its initial one makes SSE in use. */
export const xsavec: Helper = (cpu, insn) => {
  const { image, rfbm, registers } = open(cpu, insn);
  let used = inUse(cpu.state, registers) & rfbm;
  if (rfbm & SSE_BIT && cpu.state.u32('mxcsr') !== MXCSR_INIT) used |= SSE_BIT;
  save(cpu, image, rfbm, { data: used, xstateBv: used, xcompBv: rfbm | COMPACTED, mxcsr: (used & SSE_BIT) !== 0n });
};

export const xrstor: Helper = (cpu, insn) => {
  const { image, rfbm, registers } = open(cpu, insn);
  const { state } = cpu;
  const xcr0 = state.u64('xcr0');
  image.fetch(LEGACY_BYTES, HEADER_BYTES);
  const header = Array.from({ length: HEADER_BYTES / 8 }, (_, i) => image.get64(LEGACY_BYTES + i * 8));
  const [xstateBv, xcompBv] = header as [bigint, bigint];
  const compacted = (xcompBv & COMPACTED) !== 0n;
  const components = xcompBv & ~COMPACTED;
  if (compacted) {
    if (components & ~xcr0 || xstateBv & ~components || header.slice(2).some((quad) => quad !== 0n)) throw faults.gp(0);
  } else if (xcompBv !== 0n || header[2] !== 0n || xstateBv & ~xcr0) throw faults.gp(0);
  const layout = compacted ? components : xcr0;
  const places = offsets(layout, compacted);
  const loadsMxcsr = compacted ? (rfbm & xstateBv & SSE_BIT) !== 0n : (rfbm & (SSE_BIT | AVX_BIT)) !== 0n;
  const mxcsr = loadsMxcsr ? fetchMxcsr(image) : MXCSR_INIT;
  const changes = XSTATE_COMPONENTS.filter((c) => rfbm & bitOf(c)).map((c) =>
    xstateBv & bitOf(c) ? c.load(state, image, places.get(c.bit)!) : () => c.init(state, registers),
  );
  if (mxcsr & ~MXCSR_MASK) throw faults.gp(0);
  for (const change of changes) change();
  if (rfbm & PKRU_BIT) cpu.tlb.contextChanged();
  if (loadsMxcsr || (compacted && rfbm & SSE_BIT)) state.setU32('mxcsr', mxcsr);
};

export const xgetbv: Helper = (cpu) => {
  const { state } = cpu;
  requireOsxsave(cpu);
  const index = state.gpr32(Gpr.rcx);
  if (index > 1 || (index === 1 && !cpu.model.has('xgetbv1'))) throw faults.gp(0);
  const xcr0 = state.u64('xcr0');
  const value = index === 0 ? xcr0 : xcr0 & inUse(state, isCode64(state) ? 16 : 8);
  state.setGpr32(Gpr.rax, Number(value & 0xffff_ffffn));
  state.setGpr32(Gpr.rdx, Number(value >> 32n));
};
export const xsetbv: Helper = (cpu) => {
  const { state } = cpu;
  requireOsxsave(cpu);
  requireCpl0(cpu);
  const value = requested(cpu);
  if (state.gpr32(Gpr.rcx) !== 0 || !(value & X87_BIT) || value & ~offeredXcr0((feature) => cpu.model.has(feature))) throw faults.gp(0);
  if (value & AVX_BIT && !(value & SSE_BIT)) throw faults.gp(0);
  cpu.host.event('xsetbv', 0, value);
  state.setU64('xcr0', value);
  cpu.modeChanged();
};
