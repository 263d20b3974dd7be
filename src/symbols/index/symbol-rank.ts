// Which ELF symbols name a place of the program, and which of several names of one address a person expects.

import {
  SHF_EXECINSTR,
  SHN_LORESERVE,
  SHN_UNDEF,
  STB_GLOBAL,
  STB_LOCAL,
  STT_FILE,
  STT_FUNC,
  STT_GNU_IFUNC,
  STT_NOTYPE,
  STT_OBJECT,
  STT_SECTION,
  STT_TLS,
} from '../../formats/elf-constants';

export function isPlace(type: number, section: number): boolean {
  return type !== STT_SECTION && type !== STT_FILE && type !== STT_TLS && section !== SHN_UNDEF && section < SHN_LORESERVE;
}

/** The smallest is the best. */
export function rank(type: number, binding: number): number {
  const byType = type === STT_FUNC || type === STT_OBJECT || type === STT_GNU_IFUNC ? 0 : 4;
  return byType + (binding === STB_GLOBAL ? 0 : binding === STB_LOCAL ? 2 : 1);
}

/** Labels of hand-written assembly have no type: in a code section they count as functions. */
export function isFunction(type: number, sectionFlags: number): boolean {
  return type === STT_FUNC || type === STT_GNU_IFUNC || (type === STT_NOTYPE && (sectionFlags & SHF_EXECINSTR) !== 0);
}
