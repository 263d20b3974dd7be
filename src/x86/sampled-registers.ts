// What a sample of a profile has of a vCPU's registers, in this order, and where each is in the vCPU's state. CS is its selector.
import { GPR_NAMES, S, SEGMENT_STRIDE, SegmentField } from './layout';

export const SAMPLED_REGISTERS = [...GPR_NAMES, 'rip', 'cs', 'cs.base', 'cr0', 'cr3'] as const;

const CS = S.segments + SEGMENT_STRIDE;
const OTHERS = { rip: S.rip, cs: CS + SegmentField.selector, 'cs.base': CS + SegmentField.base, cr0: S.cr0, cr3: S.cr3 } as const;

/** Offsets; all are of 64 bits but the selector. */
export const SAMPLED_FIELDS: readonly number[] = [...GPR_NAMES.map((_, i) => S.gpr + i * 8), ...Object.values(OTHERS)];
