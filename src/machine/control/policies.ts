// The scheduling policies by name, for those who drive a host.
export { DEFAULT_POLICY, POLICIES, POLICY_NAMES } from '../sched/policies.rows';
