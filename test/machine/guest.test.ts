// Real guests on the real engine.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { ControlCore } from '../../src/machine/control/control-core';
import { defaultParts } from '../../src/machine/control/default-parts';
import type { HostConfig, VmConfig } from '../../src/machine/control/types';
import { hostConfig, runCore } from './fake-host';

const sample = (path: string): VmConfig['image'] => {
  const file = join(__dirname, '../../samples', path);
  return { path: file, bytes: readFileSync(file) };
};
const guest = (path: string, vm: Partial<VmConfig> = {}, host: Partial<HostConfig> = {}): ControlCore =>
  new ControlCore(hostConfig({ image: sample(path), memory: 64 << 20, maxMemory: 64 << 20, ...vm }, host), defaultParts());

describe('machine/guests', () => {
  it('minimal-asm prints, makes its hypercall and ends', () => {
    const core = guest('minimal-asm/minimal.elf');
    const { text, last } = runCore(core);
    assert.equal(text.replaceAll('\r', ''), 'hello from the guest\nyielded to myself\n');
    assert.ok(last.kind === 'exited' && last.exit.code === 1);
  });
});
