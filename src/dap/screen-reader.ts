// The display of a VM for a panel: only what has changed since the panel last asked, compressed, and no more at once than a remote window
// takes in its stride.
import { deflateRawSync } from 'node:zlib';
import type { MachineControl } from '../machine/control/control';
import type { ScreenView } from '../machine/control/types';
import type { FramebufferAnswer, ScreenAnswer, TextScreenAnswer } from '../protocol/requests';

const BAND_ROWS = 16;
const MOST_BYTES = 96 << 10;

type TextView = Extract<ScreenView, { kind: 'text' }>;
type FramebufferView = Extract<ScreenView, { kind: 'framebuffer' }>;

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');

export class ScreenReader {
  private shown = 0;
  private text = '';
  /** Pixels as the panel has them. */
  private pixels = Buffer.alloc(0);

  constructor(
    private readonly control: MachineControl,
    private readonly vm: () => number,
  ) {}

  async read(shown: number): Promise<ScreenAnswer> {
    const view = await this.control.screen(this.vm());
    if (view.kind === 'none') return { kind: 'none' };
    const known = shown === this.shown && shown !== 0;
    return view.kind === 'text' ? this.readText(view, known) : this.readFramebuffer(view, known);
  }

  private readText(view: TextView, known: boolean): ScreenAnswer {
    const { columns, rows, cells, cursor, cellLines, blink, palette } = view;
    const answer: Omit<TextScreenAnswer, 'shown'> = {
      kind: 'text',
      columns,
      rows,
      cells: base64(cells),
      cursor,
      cellLines,
      blink,
      palette: base64(palette),
    };
    const text = JSON.stringify(answer);
    if (known && text === this.text) return { kind: 'same' };
    this.text = text;
    return { ...answer, shown: ++this.shown };
  }

  private async readFramebuffer({ gpa, width, height, pitchBytes }: FramebufferView, known: boolean): Promise<ScreenAnswer> {
    const now = Buffer.from(await this.control.readMemory(this.vm(), { kind: 'physical' }, BigInt(gpa), height * pitchBytes));
    if (!known || this.pixels.length !== now.length) this.pixels = Buffer.alloc(0);
    const before = this.pixels;
    const all = before.length === 0;
    const next = all ? Buffer.alloc(now.length) : before;
    const bands: FramebufferAnswer['bands'] = [];
    let bytes = 0;
    let more = false;
    for (let y = 0; y < height; y += BAND_ROWS) {
      const rows = Math.min(BAND_ROWS, height - y);
      const [start, end] = [y * pitchBytes, (y + rows) * pitchBytes];
      const band = now.subarray(start, end);
      if (band.equals(next.subarray(start, end))) continue;
      if (bytes >= MOST_BYTES) {
        more = true;
        break;
      }
      const pixels = deflateRawSync(band, { level: 1 });
      bytes += pixels.length;
      bands.push({ y, rows, pixels: pixels.toString('base64') });
      band.copy(next, start);
    }
    this.pixels = next;
    if (known && bands.length === 0) return { kind: 'same' };
    return { kind: 'framebuffer', shown: ++this.shown, width, height, bands, more };
  }
}
