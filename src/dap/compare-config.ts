// What a request wants compared, checked, and the host of one run of it: the session's own configuration with another interface, other costs, other vCPUs.

import { parseSide, type Side } from '../machine/control/compare';
import { COST_NAMES } from '../machine/control/costs';
import type { HostConfig } from '../machine/control/types';
import type { CompareArguments } from '../protocol/compare';
import type { LaunchArguments } from '../protocol/launch';
import { dapErrors } from './errors';
import { LAUNCH_DEFAULTS, LAUNCH_LIMITS } from './launch/defaults';
import { hostConfig } from './launch/host-config';

export interface CompareWish {
  readonly sides: readonly Side[];
  readonly vcpus: readonly number[];
  readonly sites: boolean;
  readonly input: string | undefined;
  readonly until: string | undefined;
}

/** Events that a run keeps: it is counted by a sink, which loses none. */
const TRACE_CAPACITY = 1 << 12;
const DEFAULT_SIDES = ['none:hw', 'kvm:hw'];
const given = (text: string | undefined): string | undefined => (text === '' ? undefined : text);

export function compareWish(
  { sides: names = DEFAULT_SIDES, vcpus, sites = false, input, until }: CompareArguments,
  launch: LaunchArguments,
): CompareWish {
  const bad = (text: string) => dapErrors.badArgument('hyperscope/compare', text);
  if (names.length < 2) throw bad('give two sides or more');
  const sides = names.map((name) => {
    const side = parseSide(name);
    if (side === undefined) throw bad(`"${name}" is no side: write none, kvm or xen, a colon, and one of ${COST_NAMES.join(', ')}`);
    return side;
  });
  const counts = vcpus ?? [launch.vcpus ?? LAUNCH_DEFAULTS.vcpus];
  const wrong = counts.find((count) => !Number.isInteger(count) || count < 1 || count > LAUNCH_LIMITS.vcpus);
  if (counts.length === 0 || wrong !== undefined) throw bad(`vCPUs are whole numbers from 1 to ${LAUNCH_LIMITS.vcpus}`);
  return { sides, vcpus: counts, sites, input: given(input), until: given(until) };
}

export function sideConfig(launch: LaunchArguments, { hypervisor, model, costs }: Side, vcpus: number): HostConfig {
  const config = hostConfig(launch);
  return {
    ...config,
    traceCapacity: TRACE_CAPACITY,
    vms: config.vms.map(({ costs: _own, ...vm }) => ({
      ...vm,
      ...{ hypervisor, model, vcpus, maxVcpus: vcpus },
      ...(costs !== undefined && { costs }),
    })),
  };
}

/** Without what is one run's. */
export function sideLaunch(launch: LaunchArguments): LaunchArguments {
  const { record: _record, replay: _replay, snapshot: _snapshot, traceFile: _traceFile, ...rest } = launch;
  return { ...rest, console: 'none' };
}
