// The VEX prefix: its bytes (SDM vol 2, 2.3.5), and its notation in the rows ("VEX.256.66.0F38.W0").
import { assert } from '../../base/assert';

export type VexMap = 1 | 2 | 3;

/** What a row asks of the prefix; −1: any. */
export interface VexSpec {
  map: VexMap;
  /** 0: 128 bits, LZ or L0; 1: 256 bits or L1. */
  length: -1 | 0 | 1;
  /** 0 none, 1 66, 2 F3, 3 F2, as in the prefix. */
  prefix: 0 | 1 | 2 | 3;
  w: -1 | 0 | 1;
}

const LENGTHS: Readonly<Record<string, VexSpec['length']>> = { 128: 0, LZ: 0, L0: 0, 256: 1, L1: 1, LIG: -1 };
const PREFIXES: Readonly<Record<string, VexSpec['prefix']>> = { NP: 0, 66: 1, F3: 2, F2: 3 };
const MAPS: Readonly<Record<string, VexMap>> = { '0F': 1, '0F38': 2, '0F3A': 3 };
const WIDTHS: Readonly<Record<string, VexSpec['w']>> = { W0: 0, W1: 1, WIG: -1 };

export function parseVex(token: string): VexSpec {
  const fields = token.split('.');
  assert(fields.shift() === 'VEX', `"${token}" is a VEX prefix`);
  const spec: Partial<VexSpec> = { prefix: 0, w: -1 };
  for (const field of fields) {
    if (field in LENGTHS) spec.length = LENGTHS[field]!;
    else if (field in PREFIXES) spec.prefix = PREFIXES[field]!;
    else if (field in MAPS) spec.map = MAPS[field]!;
    else {
      assert(field in WIDTHS, `VEX field "${field}" in "${token}"`);
      spec.w = WIDTHS[field]!;
    }
  }
  assert(spec.length !== undefined && spec.map !== undefined, `"${token}" has a length and a map`);
  return spec as VexSpec;
}

/** One decoded prefix; the decoder reuses the object. */
export class VexPrefix {
  /** False: no VEX prefix. */
  present = false;
  map = 0;
  length: 0 | 1 = 0;
  prefix = 0;
  w = false;
  /** R, X, B where REX has them, and W. */
  rex = 0;
  /** The register it names. */
  vvvv = 0;
  /** The field is 1111b. */
  unused = true;

  /** Two bytes behind C5 are (R vvvv L pp), three behind C4 (R X B mmmmm, W vvvv L pp): `first` is that of C4, or R of C5 with map 0F. */
  set(first: number, second: number, code64: boolean): void {
    this.present = true;
    this.map = first & 0x1f;
    this.length = second & 4 ? 1 : 0;
    this.prefix = second & 3;
    this.w = (second & 0x80) !== 0;
    const inverted = (second >> 3) & 15;
    this.unused = inverted === 15;
    this.vvvv = ~inverted & (code64 ? 15 : 7);
    // Outside 64-bit mode R and X are 1 (else it is LES or LDS), B is ignored, and so is W for general registers.
    this.rex = code64 ? ((~first >> 5) & 7) | (this.w ? 8 : 0) : 0;
  }
}
