// The engine's side of the comparison with the oracle, with every instruction that has a row.
import { HELPERS } from '../../src/engine/helpers';
import { OracleGuest } from '../../src/engine/vectors/oracle-guest';
import { everyFeature } from './every-feature';

export const oracleGuest = (): OracleGuest => new OracleGuest(everyFeature(), { helpers: HELPERS });
