// What commands for a host are refused for.
import { UserError } from '../../base/user-error';

export const controlErrors = {
  noVcpu: (vm: number, vcpu: number) => new UserError('no-vcpu', `there is no vCPU ${vcpu} in VM ${vm}`),
  noVm: (vm: number) => new UserError('no-vm', `there is no VM ${vm}`),
  running: (what: string) => new UserError('running', `${what} needs the host to stand still: pause first`),
  profileEvery: (every: number) => new UserError('profile-every', `a sample every ${every}: give a whole number above 0`),
  notMeasured: () => new UserError('not-measured', 'nothing is counted: ask for it before the run'),
  ended: () => new UserError('ended', 'the run has ended: restart it'),
} as const;
