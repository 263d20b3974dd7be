// The custom section that says which branches are hardly ever taken (WebAssembly "Branch Hinting" 1.0): where a host knows it, registers are not moved for them.
// It stands before the code section.
import type { ByteList } from './byte-list';
import { pushUleb } from './leb';

const NAME = 'metadata.code.branch_hint';
const UNLIKELY = 0;

/** `functions`: in order, each with offsets from the start of its body. */
export function pushBranchHints(section: ByteList, functions: readonly { index: number; unlikely: readonly number[] }[]): void {
  pushUleb(section, NAME.length);
  for (let i = 0; i < NAME.length; i++) section.push(NAME.charCodeAt(i));
  const hinted = functions.filter(({ unlikely }) => unlikely.length > 0);
  pushUleb(section, hinted.length);
  for (const { index, unlikely } of hinted) {
    pushUleb(section, index);
    pushUleb(section, unlikely.length);
    for (const at of unlikely) {
      pushUleb(section, at);
      section.append([1, UNLIKELY]);
    }
  }
}
