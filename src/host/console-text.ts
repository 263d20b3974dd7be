// Console bytes of a guest to text for a terminal: UTF-8 that may be cut anywhere, and a bare line feed also returns the carriage.
import { TextDecoder } from 'node:util';

export class ConsoleText {
  private decoder = new TextDecoder();
  private lastWasReturn = false;
  atLineStart = true;

  decode(bytes: Uint8Array): string {
    const text = this.decoder.decode(bytes, { stream: true });
    if (text === '') return '';
    const first = this.lastWasReturn && text.startsWith('\n') ? '\n' : '';
    const shown = first + text.slice(first.length).replace(/(^|[^\r])(?=\n)/g, '$1\r');
    this.lastWasReturn = text.endsWith('\r');
    this.atLineStart = text.endsWith('\n');
    return shown;
  }

  reset(): void {
    this.decoder = new TextDecoder();
    this.lastWasReturn = false;
    this.atLineStart = true;
  }
}
