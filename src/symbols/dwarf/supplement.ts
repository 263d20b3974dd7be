// Which file holds what several programs share: dwz's .gnu_debugaltlink (a path and a build-id), DWARF 5's .debug_sup (7.3.6).

import { DwarfCursor } from './cursor';
import type { DwarfSections } from './sections';

export interface SupplementName {
  readonly name: string;
  /** Lower-case hexadecimal; the file's GNU build-id, or its checksum in .debug_sup. */
  readonly buildId: string;
  /** The file is one of those that are shared, and names no other. */
  readonly isSupplement: boolean;
}

export function supplementNamed(sections: DwarfSections): SupplementName | undefined {
  const link = sections.get('.gnu_debugaltlink');
  if (link) {
    return link.parse('the link', () => {
      const cursor = new DwarfCursor(link.bytes());
      const name = cursor.cstring();
      return { name, buildId: hexOf(cursor.slice(cursor.end - cursor.offset)), isSupplement: false };
    });
  }
  const sup = sections.get('.debug_sup');
  return sup?.parse('the link', () => {
    const cursor = new DwarfCursor(sup.bytes());
    cursor.u16(); // version
    const isSupplement = cursor.u8() !== 0;
    const name = cursor.cstring();
    const buildId = hexOf(cursor.slice(cursor.uleb()));
    return { name, buildId, isSupplement };
  });
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
