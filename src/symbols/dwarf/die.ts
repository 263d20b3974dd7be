// One debugging information entry. Attributes are decoded when asked for; children are found by walking, and kept.

import type { Abbrev } from './abbrev';
import { DW_AT } from './attributes';
import { type AttributeValue, readForm, skipForm } from './forms';
import type { Unit } from './unit';

/** abstract_origin and specification chains are two or three long; a longer one is damage. */
const MAX_CHAIN = 16;

export class Die {
  private endOfAttributes = -1;
  private childList: readonly Die[] | undefined;

  constructor(
    readonly unit: Unit,
    /** From the unit's start. */
    readonly localOffset: number,
    readonly abbrev: Abbrev,
    private readonly attributesAt: number,
    readonly parent: Die | undefined,
  ) {}

  get tag(): number {
    return this.abbrev.tag;
  }

  /** The DIE's identity among those of all files that belong together. */
  get offset(): number {
    return this.unit.offset + this.localOffset;
  }

  has(name: number): boolean {
    return this.abbrev.names.includes(name);
  }

  /** This DIE's own attribute. */
  attribute(name: number): AttributeValue | undefined {
    const { names, forms, implicit } = this.abbrev;
    const wanted = names.indexOf(name);
    if (wanted < 0) return undefined;
    return this.unit.parse('a DIE of the unit', () => {
      const cursor = this.unit.cursor(this.attributesAt);
      for (let i = 0; i < wanted; i++) skipForm(cursor, forms[i]!, this.unit);
      return readForm(cursor, forms[wanted]!, implicit[wanted]!, this.unit);
    });
  }

  /** This DIE and what it is a concrete instance or completion of. */
  *chain(): Generator<Die> {
    let die: Die | undefined = this;
    for (let i = 0; die && i < MAX_CHAIN; i++) {
      yield die;
      die = die.reference(DW_AT.abstract_origin) ?? die.reference(DW_AT.specification);
    }
  }

  /** The attribute here or in the first DIE of the chain that has it; with the DIE, whose unit gives it meaning. */
  inherited(name: number): { readonly die: Die; readonly value: AttributeValue } | undefined {
    for (const die of this.chain()) {
      const value = die.attribute(name);
      if (value) return { die, value };
    }
    return undefined;
  }

  string(name: number): string | undefined {
    const value = this.attribute(name);
    return value && this.unit.resolveString(value);
  }

  inheritedString(name: number): string | undefined {
    const found = this.inherited(name);
    return found?.die.unit.resolveString(found.value);
  }

  address(name: number): bigint | undefined {
    const value = this.attribute(name);
    return value && this.unit.resolveAddress(value);
  }

  /** A constant that must be a plain number: a size, a line, an encoding. */
  unsigned(name: number): number | undefined {
    return plainNumber(this.attribute(name));
  }

  inheritedUnsigned(name: number): number | undefined {
    return plainNumber(this.inherited(name)?.value);
  }

  flag(name: number): boolean {
    const value = this.attribute(name);
    return value?.class === 'flag' && value.value;
  }

  /** An expression or other block of bytes. */
  block(name: number): Uint8Array | undefined {
    const value = this.attribute(name);
    return value?.class === 'block' ? value.bytes : undefined;
  }

  reference(name: number): Die | undefined {
    const value = this.attribute(name);
    const { unit } = this;
    switch (value?.class) {
      case 'reference':
        return value.global ? unit.info.dieAt(value.offset) : unit.info.die(unit.offset + value.offset);
      case 'signature':
        return unit.info.typeBySignature(value.value);
      case 'supplementaryReference':
        return unit.info.supplement?.dieAt(value.offset);
      default:
        return undefined;
    }
  }

  /** Kept, so ask it of DIEs worth keeping; walk() is for passing by. */
  get children(): readonly Die[] {
    this.childList ??= [...this.walk()];
    return this.childList;
  }

  *walk(): Generator<Die> {
    if (!this.abbrev.hasChildren) return;
    let at = this.afterAttributes();
    for (;;) {
      const child = this.unit.dieAt(at, this);
      if (!child) return;
      yield child;
      at = child.next();
    }
  }

  /** Local offset of the DIE after this one and its descendants. */
  private next(): number {
    if (!this.abbrev.hasChildren) return this.afterAttributes();
    const sibling = this.attribute(DW_AT.sibling);
    if (sibling?.class === 'reference' && !sibling.global && sibling.offset > this.localOffset) return sibling.offset;
    return this.unit.skipChildren(this.afterAttributes());
  }

  private afterAttributes(): number {
    if (this.endOfAttributes < 0) {
      this.endOfAttributes = this.unit.parse('a DIE of the unit', () => {
        const cursor = this.unit.cursor(this.attributesAt);
        this.unit.skipAttributes(cursor, this.abbrev);
        return cursor.offset;
      });
    }
    return this.endOfAttributes;
  }
}

function plainNumber(value: AttributeValue | undefined): number | undefined {
  if (value?.class === 'constant') return value.value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value.value) : undefined;
  return undefined;
}
