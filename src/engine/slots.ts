// Offsets in memory of the running vCPU's registers that records and emitted code name.
import { S, SEGMENT_STRIDE, SegmentField, STATE } from '../x86/layout';

export const gprSlot = (index: number): number => STATE + S.gpr + index * 8;
export const selectorSlot = (index: number): number => STATE + S.segments + index * SEGMENT_STRIDE;
export const segmentBaseSlot = (index: number): number => selectorSlot(index) + SegmentField.base;
export const vectorSlot = (index: number): number => STATE + S.ymm + index * 32;
