// CPUID leaf 0Dh: sizes and offsets of XSAVE state (SDM vol 2 "CPUID"; vol 1 ch. 13.2). EBX follows XCR0, which only the asking vCPU knows: cpuid-dynamic.ts asks.
import type { CpuidResult } from './cpu';
import { imageBytes, offeredXcr0, XSTATE_COMPONENTS } from './system/xstate';

const XSAVEOPT = 1;
const XSAVEC = 2;
const XGETBV1 = 4;

const low = (bits: bigint): number => Number(bits & 0xffff_ffffn);

/** `has`: feature of the model; `xcr0` of the vCPU that asks. */
export function xsaveLeaf(has: (feature: string) => boolean, xcr0: bigint, subleaf: number): CpuidResult {
  const none: CpuidResult = { eax: 0, ebx: 0, ecx: 0, edx: 0 };
  if (!has('xsave')) return none;
  const offered = offeredXcr0(has);
  if (subleaf === 0) return { eax: low(offered), ebx: imageBytes(xcr0, false), ecx: imageBytes(offered, false), edx: low(offered >> 32n) };
  if (subleaf === 1) {
    const eax = (has('xsaveopt') ? XSAVEOPT : 0) | (has('xsavec') ? XSAVEC : 0) | (has('xgetbv1') ? XGETBV1 : 0);
    return { ...none, eax, ebx: has('xsavec') ? imageBytes(xcr0, true) : 0 };
  }
  const component = XSTATE_COMPONENTS.find((c) => c.bit === subleaf && c.bit > 1);
  return component && offered & (1n << BigInt(subleaf)) ? { ...none, eax: component.bytes, ebx: component.offset } : none;
}
