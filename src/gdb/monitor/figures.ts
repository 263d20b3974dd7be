// Monitor commands that tell what the run has come to: exits, hypercalls, vCPUs, time, steal.
import { formatNs } from '../../base/format-ns';
import { describeHypercall, resultText } from '../../pv/describe.rows';
import { stateText } from '../threads';
import { countOf, type MonitorCommand, table } from './monitor-command';

const HYPERCALLS_SHOWN = 20;
const ARGUMENTS = ['a0', 'a1', 'a2', 'a3', 'a4', 'a5'];

export const FIGURES: readonly MonitorCommand[] = [
  {
    name: 'exits',
    doc: 'VM exits by reason: how often, and their cost in virtual time.',
    async run({ control }) {
      const { exits } = await control.statistics();
      const sorted = exits.filter(({ count }) => count > 0).sort((a, b) => b.virtualNs - a.virtualNs);
      if (sorted.length === 0) return 'no exits yet';
      return table(sorted.map(({ reason, count, virtualNs }) => [reason, String(count), formatNs(virtualNs)]));
    },
  },
  {
    name: 'hypercalls',
    args: '[N]',
    doc: `The last N hypercalls (${HYPERCALLS_SHOWN}), oldest first.`,
    async run({ control, vm }, args) {
      const count = countOf(args, HYPERCALLS_SHOWN);
      const { first } = await control.trace({ from: 0, limit: 0 });
      const { records } = await control.trace({ from: first, limit: Number.MAX_SAFE_INTEGER, kinds: ['hypercall'] });
      const last = records.filter((each) => each.vm === vm).slice(-count);
      if (last.length === 0) return 'no hypercalls in the trace';
      return table(
        last.map(({ virtualNs, vcpu, rip, fields }) => {
          const of = String(fields.interface ?? '');
          const values = ARGUMENTS.map((name) => BigInt(fields[name] ?? 0));
          const call = describeHypercall(of, Number(fields.nr ?? 0), values);
          const given = call.args.map(({ name, text }) => `${name}=${text}`).join(', ');
          const result = fields.result === undefined ? '' : ` = ${resultText(of, BigInt(fields.result))}`;
          return [formatNs(virtualNs), `vCPU ${vcpu}`, `0x${rip.toString(16)}`, `${call.name}(${given})${result}`];
        }),
      );
    },
  },
  {
    name: 'vcpus',
    doc: 'The vCPUs: what they do, where, how many instructions they have retired.',
    async run({ control, vm, debugger: debug }) {
      const vcpus = (await control.vcpus()).filter((each) => each.vm === vm);
      return table(
        vcpus.map((each) => {
          const symbol = debug.symbols.describe(debug.addresses.toLinked(each.linearRip));
          return [`vCPU ${each.vcpu}`, stateText(each), `0x${each.linearRip.toString(16)}`, String(each.position.retired), symbol];
        }),
      );
    },
  },
  {
    name: 'time',
    doc: 'Virtual time and instructions so far.',
    async run({ control }) {
      const { virtualNs, instructions } = await control.statistics();
      return `${formatNs(virtualNs)} of virtual time (${virtualNs} ns), ${instructions} instructions`;
    },
  },
  {
    name: 'steal',
    doc: 'Where the time of each vCPU went; runnable without running is what it was stolen.',
    async run({ control, vm }) {
      const { vcpus } = await control.statistics();
      const rows = vcpus
        .filter((each) => each.vm === vm)
        .map((each) => [
          `vCPU ${each.vcpu}`,
          ...[each.runningNs, each.runnableNs, each.blockedNs, each.offlineNs, each.hypervisorNs].map((ns) => formatNs(ns)),
        ]);
      return table([['', 'running', 'stolen', 'blocked', 'offline', 'in the hypervisor'], ...rows]);
    },
  },
];
