// The guest that measures speed: a loop of eight instructions, two of them memory accesses, then isa-debug-exit. 32-bit code for a PVH image.

export const LOOP_INSTRUCTIONS = 8;

const le32 = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >>> 24) & 0xff];

export function speedGuest(turns: number): Uint8Array {
  const loop = [
    ...[0x01, 0xc8], // add eax, ecx
    ...[0x35, ...le32(0x5a5a_5a5a)], // xor eax, 0x5a5a5a5a
    ...[0xd1, 0xc0], // rol eax, 1
    ...[0xa3, ...le32(0x20_0000)], // mov [0x200000], eax
    ...[0x03, 0x1d, ...le32(0x20_0000)], // add ebx, [0x200000]
    ...[0x31, 0xd8], // xor eax, ebx
    0x49, // dec ecx
  ];
  return Uint8Array.from([
    ...[0xb9, ...le32(turns)], // mov ecx, turns
    ...[0x31, 0xc0, 0x31, 0xdb], // xor eax, eax; xor ebx, ebx
    ...loop,
    ...[0x75, 0x100 - loop.length - 2], // jnz loop
    ...[0xb0, 0x00, 0xe6, 0xf4], // mov al, 0; out 0xf4, al
    ...[0xf4, 0xeb, 0xfd], // hlt; jmp hlt
  ]);
}
