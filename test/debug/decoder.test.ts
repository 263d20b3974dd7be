// The disassembler's facts that stepping depends on: lengths, control flow and targets in all three bitnesses.
import assert from 'node:assert/strict';
import { bitnessOf, InstructionDecoder } from '../../src/debug/disassembly/decoder';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

describe('instruction decoder', () => {
  let decoder: InstructionDecoder;
  before(async () => {
    decoder = await InstructionDecoder.load();
  });

  const rows: readonly [string, 16 | 32 | 64, string, string, bigint | undefined][] = [
    ['90', 64, 'nop', 'next', undefined],
    ['e8 10 00 00 00', 64, 'call 0x1015', 'call', 0x1015n],
    ['ff d0', 64, 'call rax', 'call-indirect', undefined],
    ['eb fe', 64, 'jmp short 0x1000', 'jump', 0x1000n],
    ['75 02', 64, 'jne short 0x1004', 'jump-if', 0x1004n],
    ['ff e0', 64, 'jmp rax', 'jump-indirect', undefined],
    ['c3', 64, 'ret', 'return', undefined],
    ['48 cf', 64, 'iretq', 'return', undefined],
    ['0f 05', 64, 'syscall', 'system', undefined],
    ['cd 80', 64, 'int 0x80', 'system', undefined],
    ['0f 01 c1', 64, 'vmcall', 'next', undefined],
    ['0f 01 d9', 64, 'vmmcall', 'next', undefined],
    ['f4', 64, 'hlt', 'next', undefined],
    ['48 bf 00 00 00 00 00 90 ff ff', 64, 'mov rdi, 0xffff900000000000', 'next', undefined],
    ['48 a1 05 00 00 00 01 00 00 00', 64, 'mov rax, [0x100000005]', 'next', undefined],
    ['48 8b 44 d0 08', 64, 'mov rax, [rax+rdx*8+8]', 'next', undefined],
    ['c8 0a 00 02', 64, 'enter 0xa, 2', 'next', undefined],
    ['48 8b 05 10 00 00 00', 64, 'mov rax, [0x1017]', 'next', undefined],
    ['e8 10 00', 16, 'call 0x1013', 'call', 0x1013n],
    ['b8 34 12 00 00', 32, 'mov eax, 0x1234', 'next', undefined],
    ['ea 00 00 10 00 08 00', 32, 'jmp far 0x100000, 8', 'jump-indirect', undefined],
  ];
  for (const [bytes, bitness, text, flow, target] of rows) {
    it(`${bitness}: ${text}`, () => {
      const [found] = decoder.decode(hex(bytes), 0x1000n, bitness, 1);
      assert.deepEqual([found?.text, found?.flow, found?.target], [text, flow, target]);
    });
  }

  it('goes on behind bytes that are no instruction, one at a time', () => {
    const found = decoder.decode(hex('06 90'), 0x1000n, 64, 9);
    assert.deepEqual(
      found.map(({ text, address }) => [address, text]),
      [
        [0x1000n, '(bad: 0x06)'],
        [0x1001n, 'nop'],
      ],
    );
  });

  it('stops before an instruction that is cut off', () => {
    assert.equal(decoder.decode(hex('90 e8 00'), 0n, 64, 9).length, 1);
  });

  it('knows the bitness of each mode', () => {
    const modes = ['real', 'virtual-8086', 'protected16', 'compatibility16', 'protected32', 'compatibility32', 'long64'];
    assert.deepEqual(modes.map(bitnessOf), [16, 16, 16, 16, 32, 32, 64]);
  });
});
