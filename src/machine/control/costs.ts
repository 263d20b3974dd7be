// The names of the cost tables, for those who only configure a host.
export { COST_NAMES, COST_TABLES, costTableOf } from '../costs/tables';
