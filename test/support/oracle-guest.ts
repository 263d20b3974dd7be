// The engine's side of the comparison with the oracle, with every instruction that has a row.
import type { Tier } from '../../src/engine/cpu-engine';
import { HELPERS } from '../../src/engine/helpers';
import { OracleGuest } from '../../src/engine/vectors/oracle-guest';
import { everyFeature } from './every-feature';

export const oracleGuest = (tier: Tier = 'interpreter'): OracleGuest => new OracleGuest(everyFeature(), { helpers: HELPERS }, tier);
