// Saved state as text: for comparing.
import type { SavedValue } from '../../../src/base/saved';

export const encode = (value: SavedValue): string => JSON.stringify(value, (_key, each) => (typeof each === 'bigint' ? `${each}n` : each));
