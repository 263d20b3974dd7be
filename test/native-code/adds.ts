// Small WebAssembly modules for tests.

/** f(n) = n + added */
export const moduleThatAdds = (added: number): Uint8Array =>
  new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f, 3, 2, 1, 0],
    ...[7, 5, 1, 1, 0x66, 0, 0],
    ...[10, 9, 1, 7, 0, 0x20, 0, 0x41, added, 0x6a, 0x0b],
  ]);
