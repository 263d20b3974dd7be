// All registers of one vCPU, decoded; also while the guest runs.
import { type BitRow, REGISTER_BITS } from '../../debug/registers/bits.rows';
import { isReadOnly, registerGroups } from '../../debug/registers/groups';
import { toHex } from '../../protocol/wire';
import { custom } from './custom';

const OFFLINE = 'taken offline: it never runs again, and these are its last registers';

export const registers = custom('hyperscope/registers', async (session, { vcpu }) => {
  const guest = session.guest('hyperscope/registers');
  const info = (await guest.control.vcpus()).find((each) => each.vm === guest.vm && each.vcpu === vcpu);
  // One that was taken offline is no thread any more; a panel that keeps it shows how it was left.
  const isGone = info?.hold === 'gone';
  if (!isGone) await guest.vcpuOfThread(vcpu + 1);
  const file = isGone ? await guest.control.registers(guest.vm, vcpu) : await guest.registers(vcpu);
  const before = guest.registersBefore.get(vcpu);
  const old =
    before &&
    new Map(registerGroups(before).flatMap((group) => group.registers.map(({ name, value }) => [`${group.name} ${name}`, value])));
  guest.topics.read('registers');
  return {
    vcpu,
    mode: file.mode,
    cpl: Number(file.values.cpl ?? info?.cpl ?? 0),
    activity: isGone ? OFFLINE : info?.hold === 'held' ? `${info.activity}, held` : (info?.activity ?? ''),
    groups: registerGroups(file).map((group) => ({
      name: group.name,
      // Single flags are bits of rflags here.
      registers: group.registers
        .filter(({ name }) => group.name !== 'Flags' || name === 'rflags')
        .map(({ name, value, width, text }) => {
          const was = old?.get(`${group.name} ${name}`);
          return {
            ...{ name, value: toHex(value), width },
            text: text || (isAddress(group.name, width) ? guest.describe(value) : ''),
            changed: was !== undefined && was !== value,
            ...(was !== undefined && was !== value ? { before: toHex(was) } : {}),
            ...(REGISTER_BITS[name] ? { bits: bitsOf(REGISTER_BITS[name], value) } : {}),
            readOnly: isGone || isReadOnly(name),
          };
        }),
    })),
  };
});

/** May hold the address of something that has a name. */
const isAddress = (group: string, width: number): boolean => group === 'General' && width >= 32;

const bitsOf = (rows: readonly BitRow[], value: bigint) =>
  rows.map(({ name, low, high }) => ({ name, low, high, value: Number((value >> BigInt(low)) & ((1n << BigInt(high - low + 1)) - 1n)) }));
