// Byte streams of the walk: opcode maps × ModRM × prefixes. VEX streams, whose prefix names the map, would be a generator of their own beside these.
import type { Random } from '../../differential/random';

export const PREFIXES: readonly (readonly number[])[] = [
  ...[[], [0x66], [0xf2], [0xf3], [0x67], [0x66, 0x67], [0xf0], [0x2e], [0x36], [0x3e], [0x26], [0x64], [0x65]],
  ...[[0x40], [0x41], [0x42], [0x44], [0x48], [0x4f], [0x66, 0x48], [0xf2, 0x48], [0xf3, 0x48], [0x48, 0x66], [0x67, 0x4d]],
  ...[
    [0x66, 0xf2],
    [0xf3, 0x66],
    [0xf2, 0xf3],
    [0xf0, 0x66],
    [0xf0, 0x48],
    [0xf0, 0xf3],
    [0x36, 0x64],
    [0x65, 0x67],
  ],
];
export const MAPS: readonly (readonly number[])[] = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];
const SIBS: readonly number[] = [0x25, 0x24, 0x05, 0x48, 0xfd, 0xa4];
const TAIL: readonly number[] = [0x91, 0x82, 0x73, 0x64, 0x55, 0x46, 0x37, 0x28, 0x19, 0x0a, 0xfb, 0xec];
/** Mod 0 to 3 with every rm once at least, and every reg. */
const FEW_MODRM: readonly number[] = [
  ...[0x00, 0x05, 0x04, 0x44, 0x4c, 0x84, 0x85, 0xc0, 0xc1, 0xd0, 0xd8, 0xe8, 0xf0, 0xf9, 0x10, 0x18, 0x20, 0x28, 0x30, 0x38],
  ...[0xc8, 0xe0, 0xf8],
];

const stream = (prefix: readonly number[], map: readonly number[], opcode: number, modrm: number, sib: number): number[] =>
  [...prefix, ...map, opcode, modrm, sib, ...TAIL].slice(0, 15);

/** Every opcode and ModRM byte, with every prefix set. */
export function* wholeWalk(prefixes = PREFIXES): Generator<number[]> {
  for (const prefix of prefixes)
    for (const map of MAPS)
      for (let opcode = 0; opcode < 256; opcode++)
        for (let modrm = 0; modrm < 256; modrm++) yield stream(prefix, map, opcode, modrm, SIBS[(modrm >> 3) % SIBS.length]!);
}

/** Every opcode with some ModRM bytes and no prefix, and `extra` streams at random out of the whole. */
export function* sampledWalk(random: Random, extra: number): Generator<number[]> {
  for (const map of MAPS)
    for (let opcode = 0; opcode < 256; opcode++) for (const modrm of FEW_MODRM) yield stream([], map, opcode, modrm, 0x25);
  for (let i = 0; i < extra; i++)
    yield stream(random.pick(PREFIXES), random.pick(MAPS), random.below(256), random.below(256), random.below(256));
}
