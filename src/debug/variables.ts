// What a variables view shows for a frame: scopes, their variables, and what is below each, read only when opened.
import { typeName } from '../symbols/type-name';
import { strip } from '../symbols/types';
import { childCounts, elements, namedChildren } from './c/children';
import { addressOf } from './c/evaluate';
import { type FormatOptions, formatValue } from './c/format';
import { unsignedType } from './c/number';
import { isLvalue, rvalue, scalarOf, type Value } from './c/value';
import { debugErrors } from './debug-error';
import { FrameScope } from './frames/frame-scope';
import type { Frame } from './frames/stack';
import { type GroupName, registerGroups } from './registers/groups';

/** One line of the view. */
export interface ShownVariable {
  readonly name: string;
  readonly value: string;
  readonly type: string;
  /** A C expression for it. */
  readonly expression: string | undefined;
  readonly memoryReference: bigint | undefined;
  readonly children: VariableNode | undefined;
  readonly readOnly: boolean;
}

/** Something that can be opened. */
export interface VariableNode {
  readonly named: number;
  readonly indexed: number;
  list(range: { filter: 'named' | 'indexed' | undefined; start: number; count: number }, hex: boolean): Promise<ShownVariable[]>;
  /** Sets one of the listed by name; the new line. */
  set(name: string, text: string, hex: boolean): Promise<ShownVariable>;
  /** One of the listed by name, with what a person calls it. */
  find(name: string): Promise<FoundVariable>;
}

export interface FoundVariable {
  readonly value: Value;
  readonly label: string;
  /** Of the vCPU: whether its addresses go through page tables. */
  readonly isPaging: boolean;
}

export interface ScopeNode {
  readonly name: string;
  readonly hint: 'arguments' | 'locals' | 'registers' | undefined;
  readonly expensive: boolean;
  readonly node: VariableNode;
}

export type EvaluateText = (text: string, scope: FrameScope) => Promise<Value>;

const ALL = Number.MAX_SAFE_INTEGER;

export class Variables {
  constructor(private readonly evaluate: EvaluateText) {}

  scopes(frame: Frame): ScopeNode[] {
    const scope = new FrameScope(frame);
    const scopes: ScopeNode[] = [];
    if (frame.logical) {
      scopes.push({ name: 'Locals', hint: 'locals', expensive: false, node: this.variablesNode(scope, (kind) => kind !== 'parameter') });
      scopes.push({
        name: 'Arguments',
        hint: 'arguments',
        expensive: false,
        node: this.variablesNode(scope, (kind) => kind === 'parameter'),
      });
    }
    scopes.push({ name: 'Registers', hint: 'registers', expensive: false, node: this.registersNode(scope) });
    return scopes;
  }

  async shown(name: string, value: Value, expression: string | undefined, scope: FrameScope, hex: boolean): Promise<ShownVariable> {
    const counts = childCounts(value);
    const openable = counts.named + counts.indexed > 0 && !(strip(value.type).kind === 'pointer' && (await isNull(value, scope)));
    return {
      name,
      value: await formatValue(value, scope, this.options(scope, hex || value.register !== undefined)),
      type: typeName(value.type),
      expression,
      memoryReference: await memoryReference(value, scope),
      children: openable ? this.valueNode(value, expression, scope) : undefined,
      readOnly: !isLvalue(value) || value.location.kind === 'optimizedOut',
    };
  }

  private options(scope: FrameScope, hex: boolean): FormatOptions {
    const { symbols } = scope.frame.physical.stop.context;
    return { hex, symbolAt: (address) => symbols.describe(address) };
  }

  private valueNode(value: Value, expression: string | undefined, scope: FrameScope): VariableNode {
    const { named, indexed } = childCounts(value);
    const children = async (filter: 'named' | 'indexed' | undefined, start: number, count: number) => [
      ...(filter === 'indexed'
        ? []
        : (await namedChildren(value, expression, scope)).slice(indexed > 0 ? 0 : start, count === ALL ? ALL : start + count)),
      ...(filter === 'named' ? [] : elements(value, expression, start, count)),
    ];
    const child = async (name: string) => {
      const index = /^\[(\d+)\]$/.exec(name)?.[1];
      const found = index === undefined ? await children('named', 0, ALL) : elements(value, expression, Number(index), 1);
      return found.find((each) => each.name === name);
    };
    return {
      named,
      indexed,
      list: async ({ filter, start, count }, hex) => {
        const shown: ShownVariable[] = [];
        for (const child of await children(filter, start, count)) {
          shown.push(await this.shown(child.name, child.value, child.expression, scope, hex));
        }
        return shown;
      },
      set: async (name, text, hex) => this.assign(name, (await child(name))?.expression ?? name, text, scope, hex),
      find: async (name) => {
        const found = await child(name);
        if (!found) throw debugErrors.unknownName(name);
        return { value: found.value, label: found.expression ?? name, isPaging: scope.frame.physical.stop.isPaging };
      },
    };
  }

  private variablesNode(scope: FrameScope, wanted: (kind: string) => boolean): VariableNode {
    const { logical } = scope.frame;
    const variables = () => {
      // Inner variables hide outer ones of the same name; names C knows twice are shown once.
      const seen = new Set<string>();
      return (logical?.variables() ?? []).filter((variable) => {
        if (!wanted(variable.kind) || seen.has(variable.name)) return false;
        seen.add(variable.name);
        return true;
      });
    };
    return {
      named: 0,
      indexed: 0,
      list: async ({ start, count }, hex) => {
        const shown: ShownVariable[] = [];
        for (const variable of variables().slice(start, count === ALL ? ALL : start + count)) {
          shown.push(await this.shown(variable.name, await scope.valueOf(variable), variable.name, scope, hex));
        }
        return shown;
      },
      set: (name, text, hex) => this.assign(name, name, text, scope, hex),
      find: async (name) => {
        const variable = variables().find((each) => each.name === name);
        if (!variable) throw debugErrors.unknownName(name);
        return { value: await scope.valueOf(variable), label: name, isPaging: scope.frame.physical.stop.isPaging };
      },
    };
  }

  private registersNode(scope: FrameScope): VariableNode {
    const groups = () => registerGroups(scope.frame.physical.stop.file);
    return {
      named: 0,
      indexed: 0,
      list: async () =>
        groups().map(({ name, registers }) => ({
          name,
          value: name === 'Flags' ? (registers[0]?.text ?? '') : '',
          type: '',
          expression: undefined,
          memoryReference: undefined,
          children: this.groupNode(name, scope),
          readOnly: true,
        })),
      set: (name) => Promise.reject(debugErrors.readOnly(name)),
      find: async (name) => Promise.reject(inRegister(name)),
    };
  }

  private groupNode(group: GroupName, scope: FrameScope): VariableNode {
    const registers = () => registerGroups(scope.frame.physical.stop.file).find(({ name }) => name === group)?.registers ?? [];
    return {
      named: registers().length,
      indexed: 0,
      list: async () => {
        const shown: ShownVariable[] = [];
        for (const { name, value, width, text } of registers()) {
          const isFlag = group === 'Flags' && name !== 'rflags';
          const known = isFlag ? undefined : await scope.cpuRegister(name);
          const number = known?.location.kind === 'value' ? await scalarOf(known, scope) : value;
          const digits = isFlag ? `${value}` : `0x${number.toString(16).padStart(Math.ceil(width / 4), '0')}`;
          const symbol = group === 'General' ? this.options(scope, true).symbolAt(number) : '';
          shown.push({
            name,
            value:
              known?.location.kind === 'optimizedOut'
                ? '<not saved>'
                : [digits, symbol && `<${symbol}>`, text].filter((part) => part).join('  '),
            type: '',
            expression: isFlag ? undefined : `$${name}`,
            memoryReference: group === 'General' || group === 'Control' ? number : undefined,
            children: undefined,
            readOnly: isFlag,
          });
        }
        return shown;
      },
      set: async (name, text) => {
        const value = await scalarOf(await this.evaluate(text, scope), scope);
        await scope.writeCpuRegister(name, value);
        const now = await scope.cpuRegister(name);
        return this.shown(name, now ?? rvalue(value, unsignedType(8)), `$${name}`, scope, true);
      },
      find: async (name) => Promise.reject(inRegister(name)),
    };
  }

  private async assign(name: string, expression: string, text: string, scope: FrameScope, hex: boolean): Promise<ShownVariable> {
    await this.evaluate(`(${expression}) = (${text})`, scope);
    return this.shown(name, await this.evaluate(expression, scope), expression, scope, hex);
  }
}

const inRegister = (name: string) => debugErrors.cannotWatch(name, 'it is in a register, and only memory can be.');

/** A pointer points there, anything else in memory is there. */
async function memoryReference(value: Value, scope: FrameScope): Promise<bigint | undefined> {
  const plain = strip(value.type);
  if (plain.kind === 'pointer') return scalarOf(value, scope).catch(() => undefined);
  if (value.location.kind !== 'memory' || value.bitSize !== undefined) return undefined;
  return addressOf(value);
}

async function isNull(value: Value, scope: FrameScope): Promise<boolean> {
  return (await scalarOf(value, scope).catch(() => 0n)) === 0n;
}
