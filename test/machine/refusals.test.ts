// What a user can get wrong: one clear message each, before anything runs.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { UserError } from '../../src/base/user-error';
import type { HostConfig, NeighbourConfig, VmConfig } from '../../src/machine/control/types';
import { fakeCore } from './fake-host';

const script = [{ ops: [{ compute: 10 }] }];
const neighbour = (config: Partial<NeighbourConfig>): Partial<HostConfig> => ({
  neighbours: [{ duty: 0.5, absolute: false, periodNs: 1_000_000, pcpu: 0, weight: 1024, ...config }],
});
const refused = (text: RegExp, vm: Partial<VmConfig>, host: Partial<HostConfig> = {}): void => {
  assert.throws(
    () => fakeCore(script, vm, host),
    (error: Error) => error instanceof UserError && text.test(error.message),
  );
};

describe('machine/refusals', () => {
  it('configurations', () => {
    refused(/0 physical CPUs/, {}, { pcpus: 0 });
    refused(/17 vCPUs: give 1 to 16/, { vcpus: 17, maxVcpus: 17 });
    refused(/maxVcpus 1 is less than the 2 vCPUs/, { vcpus: 2, maxVcpus: 1 });
    refused(/not a multiple of 4 KiB/, { memory: (4 << 20) + 1 });
    refused(/too small/, { memory: 4096 });
    refused(/more than a VM can have \(3584 MiB\)/, { memory: 4 << 20, maxMemory: 2 ** 32 });
    refused(/duty 1\.5/, {}, neighbour({ duty: 1.5 }));
    refused(/period of 5 ns/, {}, neighbour({ periodNs: 5 }));
    refused(/the host has pCPUs 0 to 0/, {}, neighbour({ pcpu: 3 }));
    refused(/sum to less than 1/, {}, neighbour({ duty: 1, absolute: true }));
    refused(/weight 0/, { weight: 0 });
  });

  it('images', () => {
    refused(/x\.elf/, { image: { path: 'x.elf', bytes: new Uint8Array(100) } });
  });

  it('snapshots: nonsense, another version, cut short, another configuration', () => {
    const core = fakeCore(script);
    const good = core.save();
    const expect = (bytes: Uint8Array, text: RegExp): void => assert.throws(() => core.restore(bytes), text);
    expect(new Uint8Array(3), /no snapshot/);
    expect(new TextEncoder().encode('this is something else'), /no snapshot/);
    const version = good.slice();
    version[4] = 99;
    expect(version, /version 99/);
    expect(good.subarray(0, good.length - 10), /damaged/);
    assert.throws(() => fakeCore(script, {}, { pcpus: 2 }).restore(good), /another configuration: "pcpus" was 1, and here it is 2/);
    core.restore(good);
  });

  it('commands while it runs, or for what is not there', () => {
    const core = fakeCore(script);
    assert.throws(() => core.registers(0, 5), /no vCPU 5/);
    assert.throws(() => core.readMemory(3, { kind: 'physical' }, 0n, 1), /no VM 3/);
    assert.throws(() => core.setRegister(0, 0, 'cpl', 0n), /cannot be written/);
    assert.throws(() => core.setRegister(0, 0, 'cs', 0x1_0000n), /does not fit/);
    assert.equal(core.readMemory(0, { kind: 'physical' }, 0xffff_ffff_ffffn, 4).length, 0);
    core.resume();
    assert.throws(() => core.save(), /pause first/);
  });
});
