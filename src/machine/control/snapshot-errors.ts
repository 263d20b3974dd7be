// What can be wrong with a snapshot, for those who read files.
export { snapshotErrors } from '../state/snapshot';
