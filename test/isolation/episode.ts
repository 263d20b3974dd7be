// One life of a fuzzing guest, beside a VM that minds its own business on a physical CPU of its own: the host stays, the other VM runs the same run to the bit,
// and no exit takes long.
import assert from 'node:assert/strict';
import { ControlCore } from '../../src/machine/control/control-core';
import { defaultParts } from '../../src/machine/control/default-parts';
import type { HostConfig } from '../../src/machine/control/types';
import { Hash128 } from '../../src/machine/state/hash';
import { hashRam } from '../../src/machine/state/ram';
import { encodeSaved } from '../../src/machine/state/saved-codec';
import { interpreterModule } from '../engine/interpreter-module';
import { hostConfig } from '../machine/fake-host';
import { imageFile } from '../machine/images';
import { Chance } from '../proof/random';
import { fuzzImage } from './guest';
import type { InterfaceRow } from './interfaces.rows';
import { type Longest, measureExits } from './work';

export interface Episode {
  readonly row: InterfaceRow;
  readonly seed: number;
  readonly operations: number;
}
export interface Outcome {
  /** Why the guest ended; undefined: it did not, within its time. */
  readonly end: string | undefined;
  readonly neighbour: string;
  readonly longest: Longest;
}

/** Virtual time that an episode has at most; the other VM has come to its prompt long before. */
const EPISODE_NS = 20_000_000;
/** Calls of the host's loop within which it must get there. */
const MAX_ADVANCES = 50_000;
/** A guest that has run so much goes round in circles, and is switched off. */
const MAX_RETIRED = 20_000;

export class Isolation {
  private alone: string | undefined;

  private host(image: HostConfig['vms'][number]['image'], row: Pick<InterfaceRow, 'hypervisor' | 'machine'>): ControlCore {
    const wild = hostConfig({
      ...{ name: 'wild', image, hypervisor: row.hypervisor, machine: row.machine, memory: 8 << 20, maxMemory: 8 << 20 },
      ...{ vcpus: 2, affinity: [0], onReset: 'stop' },
    }).vms[0]!;
    const calm = hostConfig({
      name: 'calm',
      image: imageFile('samples/kvm-c/kvm-c.elf'),
      memory: 8 << 20,
      maxMemory: 8 << 20,
      affinity: [1],
    }).vms[0]!;
    const core = new ControlCore({ ...hostConfig({}, { pcpus: 2 }), vms: [wild, calm] }, defaultParts({ interpreter: interpreterModule }));
    core.host.control.stopOn = { tripleFault: false, haltedForever: false };
    return core;
  }

  /** Everything of the other VM, when it has come to its prompt and waits. */
  private static calm(core: ControlCore): string {
    const vm = core.host.vms[1]!;
    const hash = new Hash128();
    hash.bytes(encodeSaved(vm.saveWithoutRam()));
    hashRam(hash, vm.engine.memory.wasm, vm.config.memory);
    return `${vm.vcpus[0]!.retired()} ${hash.hex()}`;
  }

  /** What the other VM comes to when nothing happens beside it. */
  get undisturbed(): string {
    if (this.alone === undefined) {
      const core = this.host({ path: 'idle.elf', bytes: fuzzImage([], 0) }, { hypervisor: 'none', machine: 'minimal' });
      this.run(core);
      this.alone = Isolation.calm(core);
    }
    return this.alone;
  }

  private run(core: ControlCore): void {
    const wild = core.host.vms[0]!;
    core.resume();
    for (let i = 0; core.running && core.host.loop.reachedNs < EPISODE_NS; i++) {
      assert.ok(i < MAX_ADVANCES, `the host has come to ${core.host.loop.reachedNs} ns only`);
      const result = core.advance(20_000, EPISODE_NS);
      if (wild.ended === undefined && wild.vcpus.some((vcpu) => vcpu.retired() > MAX_RETIRED)) core.machine(0, 'switch-off');
      if (result === 'idle-for-ever' || typeof result === 'object') break;
    }
    core.pause();
  }

  /** What the guest of an episode does. */
  static operations({ row, seed, operations }: Episode) {
    const chance = new Chance(seed);
    return Array.from({ length: operations }, () => row.operation(chance));
  }

  play(episode: Episode): Outcome {
    const { undisturbed } = this;
    const core = this.host({ path: 'wild.elf', bytes: fuzzImage(Isolation.operations(episode), 0) }, episode.row);
    const wild = core.host.vms[0]!;
    const longest = measureExits(wild, core.host);
    this.run(core);
    const neighbour = Isolation.calm(core);
    assert.equal(neighbour, undisturbed, 'the VM beside it has run another run');
    // What it left can be saved.
    encodeSaved(wild.saveWithoutRam());
    const { ended } = wild;
    return { end: ended && `${ended.reason}`, neighbour, longest };
  }
}
