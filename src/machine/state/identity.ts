// What a saved state belongs to: the files that the guest was started from, by hash, and everything of the configuration that a state does not carry itself.
import { sha256 } from '../../base/sha256';
import type { HostConfig } from '../control/types';
import { DEFAULT_POLICY } from '../sched/policies.rows';

export interface NamedFile {
  /** "image", "module 1", "fw_cfg opt/x". */
  readonly role: string;
  readonly name: string;
  readonly sha256: string;
}

export interface Identity {
  readonly files: readonly NamedFile[];
  /** As texts, by the setting's name. */
  readonly settings: Readonly<Record<string, string>>;
}

const baseName = (path: string): string => path.split(/[/\\]/).pop() ?? path;

export function identityOf(config: HostConfig): Identity {
  const files: NamedFile[] = [];
  const add = (role: string, path: string, bytes: Uint8Array): void => {
    files.push({ role, name: baseName(path), sha256: sha256(bytes) });
  };
  const settings: Record<string, string> = {
    pcpus: `${config.pcpus}`,
    policy: config.policy ?? DEFAULT_POLICY,
    neighbours: JSON.stringify(config.neighbours),
  };
  for (const [index, vm] of config.vms.entries()) {
    const of = config.vms.length > 1 ? ` of VM ${index}` : '';
    add(`image${of}`, vm.image.path, vm.image.bytes);
    for (const [i, module] of vm.modules.entries()) add(`module ${i + 1}${of}`, module.path, module.bytes);
    for (const { name, bytes } of vm.fwCfg ?? []) add(`fw_cfg ${name}${of}`, name, bytes);
    const { memory, maxMemory, vcpus, maxVcpus, hypervisor, model, costs = model, cpu, machine = 'minimal', boot, append, onReset } = vm;
    const { lostTicks = 'as KVM' } = vm;
    const given = { memory, maxMemory, vcpus, maxVcpus, hypervisor, model, costs, cpu, machine, boot, append, onReset, lostTicks };
    for (const [name, value] of Object.entries(given)) settings[`${name}${of}`] = `${value}`;
    settings[`rtcBase${of}`] = `${vm.rtcBaseUnixSeconds}`;
  }
  return { files, settings };
}
