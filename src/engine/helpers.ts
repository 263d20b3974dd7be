// All helpers by the names that rows use.
import type { Helper } from '../x86/cpu';
import { GENERAL_HELPERS } from '../x86/general/helpers';
import { SYSTEM_HELPERS } from '../x86/system/helpers';

export const HELPERS: Readonly<Record<string, Helper>> = { ...GENERAL_HELPERS, ...SYSTEM_HELPERS };
