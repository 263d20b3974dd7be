// The cost tables, for those who only configure and drive hosts.
export { COST_NAMES, COST_TABLES, costOf, costTableOf } from '../costs/tables';
