// Whose processor the native side is.
import { existsSync, readFileSync } from 'node:fs';

/** The engine's choices, and the committed results, are an AMD processor's where the manuals leave one. */
export const isOtherVendor = existsSync('/proc/cpuinfo') && !readFileSync('/proc/cpuinfo', 'utf8').includes('AuthenticAMD');
