// Where the members of the kernel's structures are, as its debug information says: names of members differ between versions, so each is asked for and may be absent.
import { type CompositeType, type DataType, type Member, sizeOf, strip } from '../../symbols/types';

export interface Field {
  /** From the structure's start. */
  readonly offset: number;
  readonly size: number;
  readonly type: DataType;
}

export class Layout {
  private readonly known = new Map<string, Field | undefined>();

  private constructor(private readonly type: CompositeType) {}

  static of(type: DataType | undefined): Layout | undefined {
    const plain = type && strip(type);
    return plain && (plain.kind === 'struct' || plain.kind === 'union' || plain.kind === 'class') && plain.size !== undefined
      ? new Layout(plain)
      : undefined;
  }

  get size(): number {
    return this.type.size ?? 0;
  }

  /** "list", "thread.sp"; members of anonymous structures too. */
  field(path: string): Field | undefined {
    if (!this.known.has(path)) this.known.set(path, this.find(path));
    return this.known.get(path);
  }

  /** The first of several names that a version may use. */
  first(...paths: readonly string[]): Field | undefined {
    for (const path of paths) {
      const field = this.field(path);
      if (field) return field;
    }
    return undefined;
  }

  private find(path: string): Field | undefined {
    let offset = 0;
    let type: DataType = this.type;
    for (const name of path.split('.')) {
      const plain = strip(type);
      if (plain.kind !== 'struct' && plain.kind !== 'union') return undefined;
      const found = memberOf(plain, name);
      if (!found || found.member.bitSize !== undefined) return undefined;
      offset += found.offset;
      type = found.member.type;
    }
    return { offset, size: sizeOf(type) ?? 0, type };
  }
}

function memberOf(type: CompositeType, name: string): { member: Member; offset: number } | undefined {
  for (const member of type.members) {
    const offset = member.bitOffset / 8;
    if (member.name === name) return { member, offset };
    const inner = strip(member.type);
    if (member.name !== '' || (inner.kind !== 'struct' && inner.kind !== 'union')) continue;
    const found = memberOf(inner, name);
    if (found) return { member: found.member, offset: offset + found.offset };
  }
  return undefined;
}
