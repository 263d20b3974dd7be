// Valid encodings that have no semantics yet, so that the run stops and names them instead of raising #UD. A row here loses to any exact one.
import { type InsnRow, row } from './row';

const UNIMPLEMENTED = { unimplemented: true } as const;

export const UNSUPPORTED_ROWS: readonly InsnRow[] = [
  row('RDRAND', '0F C7 /6', 'Rv:w', { ...UNIMPLEMENTED, feature: 'rdrand' }),
  row('RDSEED', '0F C7 /7', 'Rv:w', { ...UNIMPLEMENTED, feature: 'rdseed' }),
];
