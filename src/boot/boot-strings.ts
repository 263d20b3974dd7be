// The zero-terminated texts of a boot protocol, in the place that layout.ts gives them.
import { BootError } from './boot-error';
import { BOOT_STRINGS } from './layout';
import type { BootSegment } from './plan';

const utf8 = new TextEncoder();

export class BootStrings {
  private readonly parts: Uint8Array[] = [];
  private size = 0;

  /** The gpa at which the text will be. */
  add(text: string): number {
    const gpa = BOOT_STRINGS.start + this.size;
    const bytes = utf8.encode(`${text.replaceAll('\0', ' ')}\0`);
    this.parts.push(bytes);
    this.size += bytes.length;
    return gpa;
  }

  segment(): BootSegment {
    const most = BOOT_STRINGS.end - BOOT_STRINGS.start;
    if (this.size > most) throw BootError.textTooLong('The command line and the arguments of the modules', this.size, most);
    const bytes = new Uint8Array(this.size);
    let at = 0;
    for (const part of this.parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return { what: 'boot strings', gpa: BOOT_STRINGS.start, bytes, zeroTo: BOOT_STRINGS.start + this.size };
  }
}
