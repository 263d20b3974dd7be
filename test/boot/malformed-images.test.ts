// Whatever bytes an image has, booting it gives a plan within memory or a user's error: never an exception of ours.
import assert from 'node:assert/strict';
import { UserError } from '../../src/base/user-error';
import { planBoot } from '../../src/boot/detect';
import { bootInput, bootModule, elfImage, MIB, multibootHeaderBytes, pvhNote } from './images';
import { bzImage } from './linux/bzimage';

const SEED = 0xb007;
const ROUNDS = 4000;
const INTERESTING = [0, 1, 4, 0x7f, 0x80, 0xff];

describe('malformed images', () => {
  const header = multibootHeaderBytes(0x10003, 0x100000, 0x100000, 0x100060, 0x102000, 0x100030);
  const withFields = new Uint8Array(0x80);
  withFields.set(header);
  const elfs = [true, false].flatMap((is64) => [
    elfImage({ is64, entry: 0x100030, segments: [{ vaddr: 0x100000, bytes: withFields, memorySize: 0x2000 }, pvhNote(0x100030, is64)] }),
    elfImage({ is64, entry: 0x100030, segments: [{ vaddr: 0x100000, bytes: withFields, memorySize: 0x2000 }] }),
  ]);

  const images = [...elfs, bzImage({ prefAddress: 0x100000 })];

  it(`${ROUNDS} images with damaged bytes (seed ${SEED})`, () => {
    let seed = SEED;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return (seed >>> 8) % below;
    };
    let plans = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const image = images[random(images.length)]!.slice();
      for (let damage = 1 + random(4); damage > 0; damage--) {
        const at = random(2) === 0 ? random(Math.min(0xb0, image.length)) : random(image.length);
        image[at] = random(2) === 0 ? INTERESTING[random(INTERESTING.length)]! : random(256);
      }
      const cut = random(8) === 0 ? random(image.length) : image.length;
      const protocol = (['auto', 'pvh', 'multiboot', 'multiboot2', 'linux', 'linux32'] as const)[random(6)]!;
      const memoryBytes = 16 * MIB;
      try {
        const plan = planBoot(
          bootInput(image.subarray(0, cut), { protocol, memoryBytes, fastBoot: random(8) === 0, modules: [bootModule('m', 'text')] }),
        );
        plans++;
        for (const { gpa, bytes, zeroTo } of plan.segments) assert.ok(gpa >= 0 && gpa + bytes.length <= zeroTo && zeroTo <= memoryBytes);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        assert.match(error.message, /kernel\.elf/);
      }
    }
    assert.ok(plans > ROUNDS / 10, `only ${plans} plans`);
  });
});
