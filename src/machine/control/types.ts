// The types by which another thread drives a host: configuration, commands, stops, registers. Plain, structured-cloneable data.
export type { MappedRange } from '../../x86/paging/mapped-ranges';
export type { Walk, WalkStep } from '../../x86/paging/walk';
export type { TrailStep } from '../history/journey';
export type { Moment } from '../history/moment';
export type { Destination } from '../history/travel';
export type { PolicyName } from '../sched/policies.rows';
export * from './config-types';
export * from './point-types';
export * from './run-types';
export * from './view-types';
