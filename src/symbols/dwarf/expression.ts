// A DWARF expression taken apart into operations with their operands (DWARF 5, 2.5).

import { DwarfCursor, type DwarfFormat } from './cursor';
import { OPERATIONS, type OperandKind } from './operations';

export interface Operation {
  readonly code: number;
  readonly name: string;
  /** Numbers; an operand that is a block is in `block`. */
  readonly operands: readonly bigint[];
  readonly block: Uint8Array | undefined;
  /** Where the operation starts and the next one does, in the expression. */
  readonly offset: number;
  readonly next: number;
}

/** DWARF 2's references to other DIEs are as wide as an address, later ones as an offset. */
export interface ExpressionFormat extends DwarfFormat {
  readonly version: number;
}

/** Throws RangeError for a cut expression or an unknown operation. */
export function parseExpression(bytes: Uint8Array, format: ExpressionFormat): Operation[] {
  const cursor = new DwarfCursor(bytes).using(format);
  const operations: Operation[] = [];
  while (!cursor.atEnd) {
    const offset = cursor.offset;
    const code = cursor.u8();
    const row = OPERATIONS.get(code);
    if (!row) throw new RangeError(`unknown DWARF operation 0x${code.toString(16)}`);
    const operands: bigint[] = [];
    let block: Uint8Array | undefined;
    for (const kind of row.operands) {
      if (kind === 'block') block = cursor.slice(cursor.uleb());
      else if (kind === 'block1') block = cursor.slice(cursor.u8());
      else operands.push(readOperand(cursor, kind, format));
    }
    operations.push({ code, name: row.name, operands, block, offset, next: cursor.offset });
  }
  return operations;
}

function readOperand(cursor: DwarfCursor, kind: Exclude<OperandKind, 'block' | 'block1'>, format: ExpressionFormat): bigint {
  switch (kind) {
    case 'u1':
      return cursor.unsigned(1);
    case 'u2':
      return cursor.unsigned(2);
    case 'u4':
      return cursor.unsigned(4);
    case 'u8':
      return cursor.unsigned(8);
    case 's1':
      return cursor.signed(1);
    case 's2':
      return cursor.signed(2);
    case 's4':
      return cursor.signed(4);
    case 's8':
      return cursor.signed(8);
    case 'uleb':
      return cursor.ulebBig();
    case 'sleb':
      return cursor.slebBig();
    case 'address':
      return cursor.address();
    case 'offset':
      return format.version <= 2 ? cursor.address() : BigInt(cursor.sectionOffset());
  }
}
