// All registers of one vCPU, decoded; also while the guest runs.
import { registerGroups } from '../../debug/registers/groups';
import { toHex } from '../../protocol/wire';
import { custom } from './custom';

export const registers = custom('hyperscope/registers', async (session, { vcpu }) => {
  const guest = session.guest('hyperscope/registers');
  await guest.vcpuOfThread(vcpu + 1);
  const file = await guest.registers(vcpu);
  const info = (await guest.control.vcpus()).find((each) => each.vm === guest.vm && each.vcpu === vcpu);
  const before = guest.registersBefore.get(vcpu);
  const old =
    before &&
    new Map(registerGroups(before).flatMap((group) => group.registers.map(({ name, value }) => [`${group.name} ${name}`, value])));
  guest.topics.read('registers');
  return {
    vcpu,
    mode: file.mode,
    cpl: Number(file.values.cpl ?? info?.cpl ?? 0),
    activity: info?.activity ?? '',
    groups: registerGroups(file).map((group) => ({
      name: group.name,
      registers: group.registers.map(({ name, value, width, text }) => ({
        name,
        value: toHex(value),
        width,
        text: text || (name === 'rip' ? guest.describe(value) : ''),
        changed: old !== undefined && old.get(`${group.name} ${name}`) !== value,
      })),
    })),
  };
});
