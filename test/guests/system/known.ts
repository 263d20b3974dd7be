// Checks that fail on an engine for a reason that is known. For a peer: where it differs from the manual. For our own: what is not there yet.
import type { EngineName } from './engines';

export interface Known {
  readonly engine: EngineName;
  readonly topic: string;
  /** How the checks' names begin. */
  readonly checks: readonly string[];
  readonly reason: string;
}

export const KNOWN: readonly Known[] = [
  { engine: 'hyperscope', topic: 'exceptions', checks: ['CR0.AM, RFLAGS.AC: #AC(0)'], reason: 'alignment is not checked yet' },
  {
    engine: 'hyperscope',
    topic: 'segmentation',
    checks: ['store through CS'],
    reason: 'the type of CS is not checked for stores while all segments are flat',
  },
];
