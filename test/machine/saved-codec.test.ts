// Canonical encoding of saved state, the digest's hash, and the programs of stop points.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { SavedValue } from '../../src/base/saved';
import { runProgram } from '../../src/machine/control/program';
import type { Program } from '../../src/machine/control/types';
import { parseInputLog, writeInputLog } from '../../src/machine/input-log';
import { Hash128 } from '../../src/machine/state/hash';
import { decodeSaved, encodeSaved } from '../../src/machine/state/saved-codec';

describe('machine/saved-codec', () => {
  const value: SavedValue = {
    b: [1, -1, 0, 2 ** 31, -(2 ** 31), Number.MAX_SAFE_INTEGER],
    a: { big: 0xffff_ffff_ffff_ffffn, minus: -5n, text: 'grüße', none: null, yes: true, no: false },
    bytes: Uint8Array.of(0, 255, 7),
  };

  it('round trips, and does not depend on the order of keys', () => {
    assert.deepEqual(decodeSaved(encodeSaved(value)), value);
    const swapped = Object.fromEntries(Object.entries(value).reverse());
    assert.deepEqual(encodeSaved(swapped), encodeSaved(value));
  });

  it('refuses what is cut, longer, or no encoding', () => {
    const bytes = encodeSaved(value);
    for (let length = 0; length < bytes.length; length++) assert.throws(() => decodeSaved(bytes.subarray(0, length)));
    assert.throws(() => decodeSaved(Uint8Array.of(...bytes, 0)));
    assert.throws(() => decodeSaved(Uint8Array.of(99)));
    assert.throws(() => encodeSaved({ x: 0.5 }));
  });

  it('the hash tells single bits, lengths and order apart', () => {
    const of = (...pieces: Uint8Array[]): string => {
      const hash = new Hash128();
      for (const piece of pieces) hash.bytes(piece);
      return hash.hex();
    };
    const seen = new Set<string>();
    const base = new Uint8Array(64);
    seen.add(of(base));
    for (let bit = 0; bit < 512; bit++) {
      const changed = base.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      seen.add(of(changed));
    }
    seen.add(of(base.subarray(0, 63)));
    seen.add(of(base.subarray(0, 32), base.subarray(0, 32)));
    assert.equal(seen.size, 515);
    assert.match(of(base), /^[0-9a-f]{32}$/);
  });

  it('programs: unsigned and signed operators, loads, hypercall fields; what cannot be read is no value', () => {
    const context = {
      register: (name: string) => (name === 'rax' ? 0xffff_ffff_ffff_fff0n : undefined),
      load: (_space: string, address: bigint, size: number) => (address === 16n ? 0x80n >> BigInt(8 * (size - 1)) : undefined),
      hypercall: { interface: 'kvm', nr: 5, name: 'KICK_CPU', args: [{ name: 'flags', value: 7n, text: '7' }], cpl: 0 },
    };
    const run = (...program: Program) => runProgram(program, context);
    const rax = { op: 'register', name: 'rax' } as const;
    const constant = (number: bigint) => ({ op: 'const', value: number }) as const;
    const binary = (operator: 'lts' | 'ltu' | 'divs' | 'divu' | 'shrs' | 'add') => ({ op: 'binary', operator }) as const;
    assert.equal(run(rax, constant(1n), binary('ltu')), 0n);
    assert.equal(run(rax, constant(1n), binary('lts')), 1n);
    assert.equal(run(rax, constant(4n), binary('divs')), 0xffff_ffff_ffff_fffcn);
    assert.equal(run(rax, constant(0n), binary('divu')), undefined);
    assert.equal(run(rax, constant(70n), binary('shrs')), 0xffff_ffff_ffff_ffffn);
    assert.equal(run(rax, constant(16n), binary('add')), 0n);
    assert.equal(run(constant(16n), { op: 'load', space: 'virtual', size: 1, signed: true }), 0xffff_ffff_ffff_ff80n);
    assert.equal(run(constant(17n), { op: 'load', space: 'virtual', size: 1, signed: true }), undefined);
    assert.equal(run({ op: 'hypercall', field: 'a0' }), 7n);
    assert.equal(run({ op: 'hypercall-name-is', name: 'KICK_CPU' }), 1n);
    assert.equal(run({ op: 'register', name: 'nothing' }), undefined);
    assert.equal(run(constant(1n), constant(2n), constant(3n), { op: 'select' }), 2n);
  });

  it('input logs are text that reads back, and damage is one message', () => {
    const at = { vm: 0, vcpu: 1, retired: 12, atNs: 34 };
    const inputs = [
      { kind: 'console', vm: 0, atNs: 5, bytes: Uint8Array.of(104, 105) },
      { kind: 'register', at, vm: 0, vcpu: 0, name: 'rax', value: 0xffff_ffff_ffff_ffffn },
      { kind: 'memory', at, vm: 0, gpa: 4096, bytes: Uint8Array.of(1) },
    ] as const;
    const text = writeInputLog(inputs);
    assert.deepEqual(parseInputLog(text, 'x.log'), inputs);
    assert.throws(() => parseInputLog('hello', 'x.log'), /x\.log is no input log/);
    assert.throws(() => parseInputLog(`${text}{"kind":"console","vm":0}\n`, 'x.log'), /x\.log, line 5/);
  });
});
