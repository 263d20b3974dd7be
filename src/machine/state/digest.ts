// One number for everything that a guest could see: memory, vCPUs and TLBs, devices, scheduler, hypervisor state, virtual time.
import type { Host } from '../host';
import { Hash128 } from './hash';
import { hashRam } from './ram';
import { encodeSaved } from './saved-codec';

export function hostDigest(host: Host): string {
  const hash = new Hash128();
  hash.bytes(encodeSaved(host.saveWithoutRam()));
  for (const vm of host.vms) hashRam(hash, vm.engine.memory.wasm, vm.config.memory);
  return hash.hex();
}
