// Helpers of rare general-purpose instructions, by the names that rows use.
import type { Helper } from '../cpu';

export const GENERAL_HELPERS = {} as const satisfies Record<string, Helper>;
