/* Draws into the framebuffer that it asked for by Multiboot 2: a gradient and a frame, then waits for ever. */
#include "kernel.h"

void keyboard_interrupt(void) {}

void main(uint32_t magic, uint32_t information)
{
	(void)magic;
	const struct tag *tag = find_tag(information, 8);
	if (!tag)
		finish(1);
	uint32_t *pixels = (uint32_t *)*(const uint32_t *)tag->data;
	uint32_t pitch = *(const uint32_t *)(tag->data + 8) / 4, width = *(const uint32_t *)(tag->data + 12),
		 height = *(const uint32_t *)(tag->data + 16);
	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < width; x++) {
			int frame = x < 4 || y < 4 || x >= width - 4 || y >= height - 4;
			pixels[y * pitch + x] = frame ? 0xffffff : (x * 255 / width) << 16 | (y * 255 / height) << 8 | 0x40;
		}
	serial("drawn\n");
}
