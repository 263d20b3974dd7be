// Descriptor tables, segment registers with their hidden parts and the task-state segment of one vCPU, with the handlers' names; also while the guest runs.
import type { Descriptor } from '../../debug/descriptors/descriptor';
import { type HiddenPart, hiddenParts, type Parts } from '../../debug/descriptors/hidden';
import { type DescriptorTable, descriptorTables, handlerOf, type TableEntry } from '../../debug/descriptors/tables';
import { readTss, type Tss } from '../../debug/descriptors/tss';
import { VECTOR_NAMES } from '../../debug/descriptors/types.rows';
import { decodeSegment } from '../../debug/registers/segments';
import type { DescriptorRow, DescriptorTableAnswer, SegmentRow, TssAnswer } from '../../protocol/descriptors';
import { toHex } from '../../protocol/wire';
import type { Guest } from '../guest';
import { custom } from './custom';

const MOST_ROWS = 1024;

export const descriptors = custom('hyperscope/descriptors', async (session, { vcpu }) => {
  const guest = session.guest('hyperscope/descriptors');
  await guest.vcpuOfThread(vcpu + 1);
  const file = await guest.control.registers(guest.vm, vcpu);
  const read = (address: bigint, length: number) => guest.control.readMemory(guest.vm, { kind: 'linear', vcpu }, address, length);
  const tables = await descriptorTables(file, read);
  const tss = await readTss(file, read);
  const segments = hiddenParts(file, tables);
  guest.topics.read('descriptors');
  const view = new View(guest, vcpu, tables, segments);
  return {
    vcpu,
    mode: file.mode,
    tables: tables.map((table) => view.table(table)),
    segments: segments.map((part) => view.segment(part)),
    tss: tss ? view.tss(tss) : null,
  };
});

class View {
  constructor(
    private readonly guest: Guest,
    private readonly vcpu: number,
    private readonly tables: readonly DescriptorTable[],
    private readonly segments: readonly HiddenPart[],
  ) {}

  table(table: DescriptorTable): DescriptorTableAnswer {
    const { name, base, limit, missing, count, entries } = table;
    const rows = entries.slice(0, MOST_ROWS).map((entry) => this.row(name, entry));
    return { name, base: toHex(base), limit, missing, count, rows, more: entries.length - rows.length };
  }

  private row(table: DescriptorTable['name'], { index, descriptor }: TableEntry): DescriptorRow {
    const { kind, typeName, raw, dpl, present, flags, segment } = descriptor;
    const isVectors = table === 'IDT' || table === 'IVT';
    const selector = isVectors ? null : (index << 3) | (table === 'LDT' ? 4 : 0);
    const before = this.change(`${table} ${index}`, toHex(raw));
    return {
      index,
      selector,
      name: selector === null ? (VECTOR_NAMES[index] ?? '') : this.users(selector),
      kind,
      type: typeName,
      dpl,
      present,
      flags: [...flags],
      base: segment ? toHex(segment.base) : null,
      limit: segment ? toHex(segment.limit) : null,
      gate: this.gate(descriptor),
      raw: toHex(raw),
      before: before ?? null,
    };
  }

  private gate(descriptor: Descriptor): DescriptorRow['gate'] {
    const { gate } = descriptor;
    if (!gate) return null;
    const { guest } = this;
    const handler = handlerOf(descriptor, this.tables);
    const linked = handler === undefined ? undefined : guest.debugger.addresses.toLinked(handler);
    const line = linked === undefined ? undefined : guest.symbols.lineAt(linked);
    return {
      selector: gate.selector,
      offset: toHex(gate.offset),
      ist: gate.ist ?? null,
      count: gate.count ?? null,
      handler: handler === undefined ? null : toHex(handler),
      symbol: linked === undefined ? '' : guest.symbols.describe(linked),
      path: line?.file ?? null,
      line: line?.line ?? null,
    };
  }

  /** Registers that hold a selector, whatever privilege it asks for. */
  private users(selector: number): string {
    return this.segments
      .filter((each) => each.usable && (each.selector & 0xfffc) === selector)
      .map(({ name }) => name.toUpperCase())
      .join(' ');
  }

  segment(part: HiddenPart): SegmentRow {
    const { name, selector, usable, hidden, memory, differences, reason } = part;
    const text = `${selector} ${hidden.base} ${hidden.limit} ${hidden.access}`;
    return {
      ...{ name, selector, usable, reason },
      hidden: partsOf(hidden),
      memory: memory ? partsOf(memory) : null,
      differences: [...differences],
      changed: this.change(`segment ${name}`, text) !== undefined,
    };
  }

  tss({ bits, base, limit, fields, ioMap }: Tss): TssAnswer {
    return {
      bits,
      base: toHex(base),
      limit: toHex(limit),
      fields: fields.map(({ name, offset, value, isAddress }) => {
        const shown = value === undefined ? null : toHex(value);
        return {
          name,
          offset,
          value: shown,
          symbol: isAddress && value ? this.guest.describe(value) : '',
          before: (shown !== null && this.change(`TSS ${name}`, shown)) || null,
        };
      }),
      ioMap: { allowed: [...ioMap.allowed], missing: ioMap.missing ?? null },
    };
  }

  private change(name: string, value: string): string | undefined {
    return this.guest.seenValues.change(`vcpu${this.vcpu} ${name}`, value);
  }
}

const partsOf = ({ base, limit, access }: Parts): SegmentRow['hidden'] => ({
  base: toHex(base),
  limit: toHex(limit),
  access: toHex(access),
  text: decodeSegment(access),
});
