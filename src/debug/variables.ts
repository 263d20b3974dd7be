// What a variables view shows for a frame: scopes, their variables, and what is below each, read only when opened.
import { typeName } from '../symbols/type-name';
import { strip } from '../symbols/types';
import { childCounts, elements, namedChildren } from './c/children';
import { type FormatOptions, formatValue } from './c/format';
import { addressOf, isLvalue, scalarOf, type Value } from './c/value';
import { debugErrors } from './debug-error';
import { FrameScope } from './frames/frame-scope';
import type { Frame } from './frames/stack';
import { RegisterNodes } from './registers/nodes';

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
    const registers = this.registers(scope);
    scopes.push({ name: 'Registers', hint: 'registers', expensive: false, node: registers.all() });
    const { control, vm } = frame.physical.stop.context;
    const paravirt = registers.paravirt(control, vm);
    if (paravirt) scopes.push({ name: 'Paravirt', hint: undefined, expensive: false, node: paravirt });
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

  private registers(scope: FrameScope): RegisterNodes {
    return new RegisterNodes({
      scope,
      number: async (text) => scalarOf(await this.evaluate(text, scope), scope),
      symbolAt: this.options(scope, true).symbolAt,
    });
  }

  private async assign(name: string, expression: string, text: string, scope: FrameScope, hex: boolean): Promise<ShownVariable> {
    await this.evaluate(`(${expression}) = (${text})`, scope);
    return this.shown(name, await this.evaluate(expression, scope), expression, scope, hex);
  }
}

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
