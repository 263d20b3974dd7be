// `vectors`: the committed results of a CPU come out of the command line too; every kind of end; one clear message for a bad line.
import assert from 'node:assert/strict';
import { formatResult, formatVector, parseResult } from '../../src/engine/vectors/vector';
import type { InsnRow } from '../../src/x86/insn/row';
import { featuresOf } from '../../src/x86/models/available';
import { parseCpuModel } from '../../src/x86/models/parse-model';
import { Comparer } from '../differential/compare';
import { FIXED_FILES, readFixed } from '../differential/fixed';
import { cli } from './built-cli';

const lines = (...input: string[]): string[] => {
  const { status, stdout, stderr } = cli(['vectors'], { input: `${input.join('\n')}\n` });
  assert.equal(status, 0, stderr);
  return stdout.trimEnd().split('\n');
};

const model = parseCpuModel('max', false);
/** A row of which the model denies the feature faults, or means an older instruction. */
const isOffered = (row: InsnRow | undefined): boolean => row === undefined || featuresOf(row).every((name) => model.has(name));

describe('vectors', () => {
  it('gives what a CPU gave', () => {
    const [file] = FIXED_FILES;
    const { vectors, results } = readFixed(file!.name);
    const comparer = new Comparer();
    const chosen = vectors
      .map((vector, i) => ({ vector, native: parseResult(results[i]!) }))
      .filter(({ vector }, i) => i % 5 === 0 && isOffered(comparer.rowOf(vector)));
    const said = lines(...chosen.map(({ vector }) => formatVector(vector)));
    assert.equal(said.length, chosen.length);
    const differing = chosen.filter(({ vector, native }, i) => {
      const engine = parseResult(said[i]!);
      assert.equal(engine.get('id'), vector.id);
      return comparer.compare(vector, native, engine) !== undefined;
    });
    assert.deepEqual(
      differing.map(({ vector, native }) => `${formatVector(vector)} = ${formatResult(native)}`),
      [],
    );
  });

  it('knows every end', () => {
    assert.deepEqual(
      lines(
        'code=4801d8 rax=1 rbx=2 id=a',
        '# a remark',
        '',
        'code=0f0b',
        'code=8a00 rax=20002000',
        'code=0f05 rax=27',
        'code=cd80 mode=32',
        'code=ebfe',
        'code=ffc0ffc0ffc0 step=2',
        'code=f3aa rcx=3 rdi=20000010 step=1',
        'code=cd21',
        'code=90cc',
        'mode=32 code=40 rax=ffffffff rflags=203',
      ),
      [
        'id=a end=ok rax=3 rip=10000003 rflags=206',
        'end=exception vector=6 error=0',
        'end=exception vector=e error=4 cr2=20002000',
        'end=syscall rcx=10000002 r11=202 rip=10000002',
        'end=syscall rip=10000002',
        'end=loop',
        'end=ok rax=2 rip=10000004',
        'end=ok rcx=0 rdi=20000013 rip=10000002 mem@20000010=000000858c939aa1',
        'end=exception vector=d error=10a',
        'end=exception vector=3 error=0 rip=10000002',
        'end=ok rax=0 rip=10000001 rflags=257',
      ],
    );
  });

  const mistakes: [string, RegExp][] = [
    ['code=90\ncode=9', /line 2: "code" must be 1 to 255 bytes, two digits each, but it is "9"/],
    ['rax=1', /line 1: there is no "code" in this line/],
    ['code=90 rax=xyz', /line 1: "rax" must be a hexadecimal number, but it is "xyz"/],
    ['code=90 zmm0=1', /line 1: there is no field "zmm0" that the engine knows/],
    ['code=90 mem@20001fff=0000', /line 1: "mem@20001fff" reaches beyond the data window/],
    ['code=90 mode=16', /line 1: "mode" must be 32 or 64, but it is "16"/],
    ['code=90\n\ncode=90 nonsense', /line 3: "nonsense" is no field: write name=value/],
  ];
  for (const [input, expected] of mistakes)
    it(expected.source, () => {
      const { status, stdout, stderr } = cli(['vectors'], { input: `${input}\n` });
      assert.equal(status, 2);
      assert.match(stderr, expected);
      assert.equal(stdout, input.startsWith('code=90\n') ? 'end=ok rip=10000001\n' : '');
    });

  it('has help, and says what is no option', () => {
    assert.match(cli(['vectors', '--help']).stdout, /--tier interpreter/);
    assert.match(cli(['vectors', '--teir', 'interpreter']).stderr, /did you mean "--tier"\?/);
    assert.match(cli(['vectors', '--tier', 'fast']).stderr, /"--tier" must be "interpreter", "auto" or "jit", but it is "fast"/);
  });
});
