// Helpers of rare general-purpose instructions, by the names that rows use.
import type { Helper } from '../cpu';
import { GATHER_HELPERS } from '../simd/gather';
import { MASKED_MOVE_HELPERS } from '../simd/masked-move';
import { maskmovdqu } from '../simd/masked-store';
import { bt, btc, btr, bts } from './bit-strings';
import { aaa, aad, aam, aas, daa, das, salc, xlat } from './decimal';
import { bound, enter, popa, pusha } from './frames';
import { cmps, lods, movs, scas, stos } from './strings';

export const GENERAL_HELPERS = {
  ...{ aaa, aad, aam, aas, daa, das, salc, xlat },
  ...{ bound, enter, popa, pusha },
  ...{ bt, btc, btr, bts },
  maskmovdqu,
  ...MASKED_MOVE_HELPERS,
  ...GATHER_HELPERS,
  ...{ cmps, lods, movs, scas, stos },
} as const satisfies Record<string, Helper>;
