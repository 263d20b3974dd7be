// A linear framebuffer on a canvas: the bands that have changed are put where they belong.
import type { FramebufferAnswer } from '../../protocol/requests';
import { element } from '../kit/client/dom';
import { t } from '../kit/texts';
import { bytesOf } from './client-text';
import { rgbaOf } from './model';

async function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

export class FramebufferScreen {
  readonly node = element('canvas', { class: 'framebuffer', role: 'img', attributes: { 'aria-label': t('Framebuffer of the guest') } });

  async show({ width, height, bands }: FramebufferAnswer): Promise<void> {
    const { node } = this;
    if (node.width !== width || node.height !== height) Object.assign(node, { width, height });
    const context = node.getContext('2d');
    if (!context) return;
    for (const { y, rows, pixels } of bands) {
      const bgrx = await inflate(bytesOf(pixels) as Uint8Array<ArrayBuffer>);
      context.putImageData(new ImageData(rgbaOf(bgrx), width, rows), 0, y);
    }
  }
}
