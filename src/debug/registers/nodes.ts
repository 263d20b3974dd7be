// Registers as a variables view shows them: groups, in them registers, below those their hidden parts or named bits. All but what follows from others can be set.
import type { MachineControl } from '../../machine/control/control';
import { unsignedType } from '../c/number';
import { rvalue, scalarOf, type Value } from '../c/value';
import { debugErrors } from '../debug-error';
import type { FrameScope } from '../frames/frame-scope';
import type { ShownVariable, VariableNode } from '../variables';
import { REGISTER_BITS } from './bits.rows';
import { type GroupName, isReadOnly, type RegisterGroup, registerGroups, type ShownRegister } from './groups';
import { addressOfArea, fieldText, fieldValue, SHARED_AREAS, type SharedArea } from './paravirt';

export interface RegisterNodeParts {
  readonly scope: FrameScope;
  /** A number in C. */
  readonly number: (text: string) => Promise<bigint>;
  readonly symbolAt: (address: bigint) => string;
}

const inRegister = (name: string) => debugErrors.cannotWatch(name, 'it is in a register, and only memory can be.');
/** Shown below their segment. */
const isPart = (name: string): boolean => /^(?!apic|kvm|xen)\w+\.\w+$/.test(name);
const FLAGS: GroupName = 'Flags';

const leaf = (name: string, value: string, more: Partial<ShownVariable> = {}): ShownVariable => ({
  ...{ name, value, type: '', expression: undefined, memoryReference: undefined, children: undefined, readOnly: true },
  ...more,
});

function node(list: () => Promise<ShownVariable[]>, set: VariableNode['set']): VariableNode {
  return { named: 0, indexed: 0, list, set, find: async (name) => Promise.reject(inRegister(name)) };
}
const fixed = (name: string): Promise<never> => Promise.reject(debugErrors.readOnly(name));

export class RegisterNodes {
  constructor(private readonly parts: RegisterNodeParts) {}

  private groups(): RegisterGroup[] {
    return registerGroups(this.parts.scope.frame.physical.stop.file);
  }

  all(): VariableNode {
    const list = async (): Promise<ShownVariable[]> =>
      this.groups().map(({ name, registers }) =>
        leaf(name, name === FLAGS ? (registers[0]?.text ?? '') : '', { children: this.group(name) }),
      );
    return node(list, fixed);
  }

  private registersOf(group: GroupName): readonly ShownRegister[] {
    return this.groups().find(({ name }) => name === group)?.registers ?? [];
  }

  private group(group: GroupName): VariableNode {
    const list = async (): Promise<ShownVariable[]> => {
      const shown: ShownVariable[] = [];
      for (const register of this.registersOf(group)) if (!isPart(register.name)) shown.push(await this.line(group, register));
      return shown;
    };
    return node(list, async (name, text) => this.set(group, group === FLAGS && name !== 'rflags' ? `rflags.${name}` : name, name, text));
  }

  private async set(group: GroupName, register: string, name: string, text: string): Promise<ShownVariable> {
    const { scope, number } = this.parts;
    if (isReadOnly(register)) return fixed(register);
    await scope.writeCpuRegister(register.toLowerCase(), await number(text));
    const now = this.registersOf(group).find((each) => each.name === name || each.name === register);
    return now ? { ...(await this.line(group, now)), name } : this.bitLine(register, name);
  }

  private async line(group: GroupName, { name, value, width, text }: ShownRegister): Promise<ShownVariable> {
    const { scope, symbolAt } = this.parts;
    if (group === FLAGS && name !== 'rflags')
      return leaf(name, `${value}`, { expression: `$rflags.${name.toLowerCase()}`, readOnly: false });
    const known = isReadOnly(name) ? undefined : await scope.cpuRegister(name);
    const number = known?.location.kind === 'value' ? await scalarOf(known, scope) : value;
    const digits = `0x${number.toString(16).padStart(Math.ceil(width / 4), '0')}`;
    const symbol = group === 'General' ? symbolAt(number) : '';
    const isUnknown = known?.location.kind === 'optimizedOut';
    const children = group === FLAGS ? undefined : (this.hiddenParts(group, name) ?? this.bits(name));
    return leaf(name, isUnknown ? '<not saved>' : [digits, symbol && `<${symbol}>`, text].filter((part) => part).join('  '), {
      expression: isReadOnly(name) ? undefined : `$${name}`,
      memoryReference: group === 'General' || group === 'Control' ? number : undefined,
      children,
      readOnly: isReadOnly(name),
    });
  }

  /** Base, limit and access rights of a segment register. */
  private hiddenParts(group: GroupName, name: string): VariableNode | undefined {
    const parts = () => this.registersOf(group).filter((each) => each.name.startsWith(`${name}.`) && isPart(each.name));
    if (group !== 'Segments' || parts().length === 0) return undefined;
    const list = async (): Promise<ShownVariable[]> => {
      const shown: ShownVariable[] = [];
      for (const part of parts()) shown.push({ ...(await this.line(group, part)), name: part.name.slice(name.length + 1) });
      return shown;
    };
    return node(list, (part, text) => this.set(group, `${name}.${part}`, part, text));
  }

  private bits(register: string): VariableNode | undefined {
    const rows = REGISTER_BITS[register];
    if (!rows || isReadOnly(register)) return undefined;
    const list = () => Promise.all(rows.map(({ name }) => this.bitLine(`${register}.${name}`, name)));
    return node(list, async (name, text) => {
      await this.parts.scope.writeCpuRegister(`${register}.${name}`.toLowerCase(), await this.parts.number(text));
      return this.bitLine(`${register}.${name}`, name);
    });
  }

  private async bitLine(path: string, name: string): Promise<ShownVariable> {
    const { scope } = this.parts;
    const value: Value = (await scope.cpuRegister(path)) ?? rvalue(0n, unsignedType(1));
    return leaf(name, `${await scalarOf(value, scope)}`, { expression: `$${path.toLowerCase()}`, readOnly: false });
  }

  /** What guest and hypervisor share, where the guest has switched it on; undefined: there is no such interface. */
  paravirt(control: MachineControl, vm: number): VariableNode | undefined {
    const { values } = this.parts.scope.frame.physical.stop.file;
    const areas = SHARED_AREAS.filter(({ register }) => values[register] !== undefined);
    if (areas.length === 0) return undefined;
    const list = async (): Promise<ShownVariable[]> =>
      areas.map((area) => {
        const address = addressOfArea(area, values[area.register] ?? 0n);
        if (address === undefined) return leaf(area.title, 'off');
        return leaf(area.title, `at physical 0x${address.toString(16)}`, { children: areaNode(area, address, control, vm) });
      });
    return node(list, fixed);
  }
}

function areaNode(area: SharedArea, address: bigint, control: MachineControl, vm: number): VariableNode {
  const read = (): Promise<Uint8Array> => control.readMemory(vm, { kind: 'physical' }, address, area.bytes);
  const list = async (): Promise<ShownVariable[]> => {
    const bytes = await read();
    if (bytes.length < area.bytes) return [leaf('(not readable)', `0x${address.toString(16)} is no RAM`)];
    return area.fields.map((field) => leaf(field.name, fieldText(field, fieldValue(field, bytes))));
  };
  return node(list, fixed);
}
