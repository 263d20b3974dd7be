// How a run of one or several VMs ends: what its last end comes to.
import type { ExitInfo } from './control/types';
import type { Host } from './host';
import type { Vm } from './vm/vm';

export const unimplementedEnd = ({ text, rip }: { text: string; rip: bigint }): ExitInfo => ({
  reason: 'unimplemented',
  code: 122,
  text: `unimplemented instruction: ${text} at 0x${rip.toString(16)}`,
});

/** Of one VM: its own. Of several: the last one's words, and the first status that is not 0, in the order of the VMs. */
export function runEnd(host: Host, last: ExitInfo, of?: Vm): ExitInfo {
  if (host.vms.length === 1) return last;
  const codes = host.vms.map((vm) => (vm === of ? last.code : (vm.ended?.code ?? last.code)));
  const text = of === undefined ? last.text : `${of.config.name}: ${last.text}`;
  return { ...last, text, code: codes.find((code) => code !== 0) ?? 0 };
}
