// The unpackers against the packers of this system (gzip, xz with and without the x86 filter, lz4 -l, zstd), and against damage.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { UserError } from '../../../src/base/user-error';
import { inflate } from '../../../src/formats/unpack/inflate';
import { unpack } from '../../../src/formats/unpack/unpack';
import { needs } from '../../support/compiler';

const SEED = 0x5eed;
function randomBytes(size: number): Uint8Array {
  let seed = SEED;
  return Uint8Array.from({ length: size }, () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return seed >>> 24;
  });
}
const repeat = (text: string, times: number): Uint8Array => new TextEncoder().encode(text.repeat(times));
/** Machine code (with calls for the x86 filter), text, noise, one byte, nothing. */
const CONTENTS: Readonly<Record<string, Uint8Array>> = {
  'a program': readFileSync(process.execPath).subarray(0x100000, 0x280000),
  'this source': readFileSync(__filename),
  noise: randomBytes(70_000),
  'one text again and again': repeat('hyperscope ', 30_000),
  'zeros and noise': Buffer.concat([new Uint8Array(300_000), randomBytes(5000), new Uint8Array(300_000)]),
  'one byte': Uint8Array.of(42),
  nothing: new Uint8Array(0),
};
const withSize = (packed: Uint8Array, size: number): Uint8Array => Buffer.concat([packed, new Uint8Array(new Uint32Array([size]).buffer)]);
const PACKERS: readonly { tool: string; format: string; arguments: string[] }[] = [
  { tool: 'xz', format: 'xz', arguments: ['--check=crc32', '-6', '-c'] },
  { tool: 'xz', format: 'xz', arguments: ['--check=crc32', '--x86', '--lzma2=preset=2,lc=2,lp=2,pb=1', '-c'] },
  { tool: 'xz', format: 'xz', arguments: ['--check=sha256', '--block-size=100000', '-1', '-c'] },
  { tool: 'zstd', format: 'zstd', arguments: ['-q', '-3', '-c'] },
  { tool: 'zstd', format: 'zstd', arguments: ['-q', '-19', '--ultra', '--no-check', '-c'] },
  { tool: 'lz4', format: 'lz4', arguments: ['-q', '-l', '-9', '-c'] },
];

describe('unpacking', () => {
  for (const [what, content] of Object.entries(CONTENTS)) {
    it(`gzip: ${what}`, () => {
      for (const level of [1, 9]) {
        const { format, bytes } = unpack('file', gzipSync(content, { level }));
        assert.equal(format, 'gzip');
        assert.ok(Buffer.from(content).equals(bytes));
      }
    });
  }

  for (const { tool, format, arguments: args } of PACKERS) {
    it(`${tool} ${args.join(' ')}`, function () {
      needs(this, tool);
      for (const [what, content] of Object.entries(CONTENTS)) {
        const packed = execFileSync(tool, args, { input: content, maxBuffer: 64 << 20 });
        const unpacked = unpack('file', withSize(packed, content.length));
        assert.equal(unpacked.format, format);
        assert.ok(Buffer.from(content).equals(unpacked.bytes), what);
      }
    });
  }

  it('deflate with fixed codes and with stored blocks', () => {
    for (const options of [{ strategy: 4 }, { level: 0 }]) {
      const output = new Uint8Array(30_000);
      assert.equal(inflate(deflateRawSync(CONTENTS.noise!.subarray(0, 30_000), options), output), 30_000);
      assert.ok(Buffer.from(CONTENTS.noise!.subarray(0, 30_000)).equals(output));
    }
  });

  it(`damage is a user's error, or another content of the same size (seed ${SEED})`, function () {
    const content = CONTENTS['this source']!;
    const packed = [gzipSync(content)];
    needs(this, ...PACKERS.map(({ tool }) => tool));
    for (const { tool, arguments: args } of PACKERS)
      packed.push(Buffer.from(withSize(execFileSync(tool, args, { input: content }), content.length)));
    const random = randomBytes(6 * 120);
    for (let round = 0; round < 120; round++) {
      for (const whole of packed) {
        const bytes = new Uint8Array(whole);
        const [low, high, value, what] = random.subarray(round * 6);
        const at = 8 + ((low! + high! * 256) % (bytes.length - 12));
        if (what! < 200) bytes[at] = value!;
        else bytes.copyWithin(at, at + 1);
        try {
          assert.equal(unpack('file', bytes).bytes.length, content.length);
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
        }
      }
    }
  });

  it('a size that is not the content’s is told', () => {
    const packed = new Uint8Array(gzipSync(new Uint8Array(100)));
    packed.set([99, 0, 0, 0], packed.length - 4);
    assert.throws(() => unpack('vmlinuz', packed), /vmlinuz has gzip data that cannot be unpacked, more than 99 bytes/);
    packed.set([101, 0, 0, 0], packed.length - 4);
    assert.throws(() => unpack('vmlinuz', packed), /it gives 100 bytes and not 101/);
    assert.throws(() => unpack('vmlinuz', Uint8Array.of(1, 2, 3, 4, 5)), /packed in a way that is not known/);
  });
});
