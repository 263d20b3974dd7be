// The CPU of tests: every feature that exists, and those of which only a part has rows yet.
import { INSN_ROWS } from '../../src/x86/insn/rows';
import { availableFeatures, featuresOf } from '../../src/x86/models/available';
import { CpuModel } from '../../src/x86/models/cpu-model';
import { VENDORS } from '../../src/x86/models/vendors.rows';

let model: CpuModel | undefined;

export function everyFeature(): CpuModel {
  model ??= new CpuModel(new Set([...availableFeatures(INSN_ROWS), ...INSN_ROWS.flatMap(featuresOf)]), VENDORS[0]!);
  return model;
}
