// What a small region is made of, as text: assembly in, WebAssembly out. HYPERSCOPE_GOLDEN=write makes the golden anew.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BareMachine } from '../bare-machine';

const CODE = 0x10000;
const GOLDEN = join(__dirname, 'region-text.golden.txt');

/** Record addresses depend on what was decoded before: numbers of their size are not compared. */
const withoutPlaces = (text: string): string => text.replace(/i32\.const -?\d{8,}/g, 'i32.const PLACE');

describe('the text of a region', function () {
  this.timeout(300_000);

  it('a loop that adds up an array', () => {
    const machine = new BareMachine({ tier: 'jit', regionProfile: true });
    const state = machine.longMode();
    // 1: add rax,[rsi+rcx*8]; dec ecx; jnz 1b; hlt
    machine.write(CODE, '480304ce ffc9 75f8 f4');
    state.setGpr(1, 100n);
    state.setGpr(6, 0x20000n);
    state.setU64('rip', BigInt(CODE));
    assert.equal(machine.run(1000).kind, 'halted');
    const [report] = machine.engine.regionReports().filter(({ blocks }) => blocks.length > 0);
    assert.ok(report);
    assert.ok((report.counts.find(({ what }) => what === 'entered')?.count ?? 0) > 0);
    const text = withoutPlaces(report.wasm);
    if (process.env.HYPERSCOPE_GOLDEN === 'write') writeFileSync(GOLDEN, text);
    assert.equal(text, readFileSync(GOLDEN, 'utf8'));
  });
});
