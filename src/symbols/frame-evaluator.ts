// Evaluates expressions in one physical frame: knows the function's frame base, the CFA from call frame information, and the
// values at function entry from the caller's call site (DWARF 5, 3.3.5, 3.4 and 6.4). Addresses of the file, no slide, but where said.

import { DW_AT } from './dwarf/attributes';
import type { Die } from './dwarf/die';
import type { AttributeValue } from './dwarf/forms';
import { expressionAt } from './dwarf/locations';
import { DW_TAG } from './dwarf/tags';
import type { Unit } from './dwarf/unit';
import { type ExpressionPort, type ExpressionUnit, evaluateLocation, evaluateValue } from './evaluate';
import { type Location, type LocationPort, type MaybePromise, OPTIMIZED_OUT, unsignedOf } from './location';

/** One physical frame of the guest's stack, as the debugger knows it. */
export interface FramePort extends LocationPort {
  /** Given by an unwinder that has it already; else computed from call frame information. */
  cfa?(): MaybePromise<bigint | undefined>;
  tls?(offset: bigint): MaybePromise<bigint | undefined>;
  /** For values at function entry. The return address is the guest's, with slide. */
  caller?(): MaybePromise<{ readonly returnAddress: bigint; readonly port: FramePort } | undefined>;
}

/** Where in the program a frame stands. */
export interface FrameSite {
  readonly functionDie: Die;
  readonly address: bigint;
}

/** What evaluation asks of the file. */
export interface EvaluationSource {
  readonly slide: bigint;
  siteAt(address: bigint): FrameSite | undefined;
  cfaAt(address: bigint, port: LocationPort): Promise<bigint | undefined>;
}

export class FrameEvaluator {
  constructor(
    private readonly source: EvaluationSource,
    private readonly site: FrameSite | undefined,
    private readonly port: FramePort,
  ) {}

  /** A location attribute, at the frame's address. */
  async locate(unit: Unit, value: AttributeValue): Promise<Location> {
    const expression = this.site || value.class === 'block' ? expressionAt(unit, value, this.site?.address ?? 0n) : undefined;
    return expression ? evaluateLocation(expression, this.unit(unit), this.expressionPort(unit)) : OPTIMIZED_OUT;
  }

  value(unit: Unit, expression: Uint8Array): Promise<bigint | undefined> {
    return evaluateValue(expression, this.unit(unit), this.expressionPort(unit));
  }

  private unit(unit: Unit): ExpressionUnit {
    const { slide } = this.source;
    return {
      version: unit.version,
      dwarf64: unit.dwarf64,
      addressSize: unit.addressSize,
      relocate: (address) => BigInt.asUintN(unit.addressSize * 8, address + slide),
      indexedAddress: (index) => unit.info.indexedAddress(unit, index),
      baseType: (offset) => {
        const die = unit.dieAt(offset, undefined);
        if (die?.tag !== DW_TAG.base_type) return undefined;
        return { size: die.unsigned(DW_AT.byte_size) ?? 0, encoding: die.unsigned(DW_AT.encoding) ?? 0 };
      },
      dieExpression: (offset, global) => (global ? unit.info.dieAt(offset) : unit.dieAt(offset, undefined))?.block(DW_AT.location),
      dieIdentity: (offset) => unit.info.identityAt(offset),
    };
  }

  private expressionPort(unit: Unit): ExpressionPort {
    const { port } = this;
    return {
      register: (register) => port.register(register),
      memory: (address, length) => port.memory(address, length),
      cfa: () => this.cfa(),
      frameBase: () => this.frameBase(),
      entryValue: (expression) => this.entryValue(expression),
      parameterValue: (offset) => this.parameterValue(unit, offset),
      tls: (offset) => port.tls?.(offset),
    };
  }

  private async cfa(): Promise<bigint | undefined> {
    if (this.port.cfa) return this.port.cfa();
    return this.site && this.source.cfaAt(this.site.address, this.port);
  }

  private async frameBase(): Promise<bigint | undefined> {
    const { site, port } = this;
    const value = site?.functionDie.attribute(DW_AT.frame_base);
    if (!site || !value) return undefined;
    const { unit } = site.functionDie;
    const expression = expressionAt(unit, value, site.address);
    if (!expression) return undefined;
    // A frame base cannot be relative to itself.
    const { frameBase: _, ...base } = this.expressionPort(unit);
    const location = await evaluateLocation(expression, this.unit(unit), base);
    if (location.kind === 'register') return port.register(location.register);
    if (location.kind === 'memory') return location.address;
    return location.kind === 'value' ? unsignedOf(location.bytes) : undefined;
  }

  /** What a register held at function entry. */
  private entryValue(expression: Uint8Array): Promise<bigint | undefined> {
    return this.argument((parameter) => {
      const place = parameter.block(DW_AT.location);
      return place !== undefined && sameBytes(place, expression);
    });
  }

  /** What a parameter that has no place at all was called with. */
  private parameterValue(unit: Unit, offset: number): Promise<bigint | undefined> {
    return this.argument((parameter) => {
      const described = parameter.reference(DW_AT.call_parameter) ?? parameter.reference(DW_AT.abstract_origin);
      return described?.offset === unit.offset + offset;
    });
  }

  /** The value the caller's call site gives for one of its parameters. */
  private async argument(isWanted: (parameter: Die) => boolean): Promise<bigint | undefined> {
    const caller = await this.port.caller?.();
    if (!caller || !this.site) return undefined;
    const returnAddress = caller.returnAddress - this.source.slide;
    const callerSite = this.source.siteAt(returnAddress - 1n);
    if (!callerSite) return undefined;
    const callSite = findCallSite(callerSite.functionDie, returnAddress);
    if (!callSite || !mayCall(callSite, this.site.functionDie)) return undefined;
    for (const parameter of callSite.children) {
      const isParameter = parameter.tag === DW_TAG.call_site_parameter || parameter.tag === DW_TAG.GNU_call_site_parameter;
      if (!isParameter || !isWanted(parameter)) continue;
      const value = parameter.block(DW_AT.call_value) ?? parameter.block(DW_AT.GNU_call_site_value);
      return value && new FrameEvaluator(this.source, callerSite, caller.port).value(parameter.unit, value);
    }
    return undefined;
  }
}

function findCallSite(functionDie: Die, returnAddress: bigint): Die | undefined {
  const pending = [functionDie];
  for (let die = pending.pop(); die; die = pending.pop()) {
    for (const child of die.children) {
      const isSite = child.tag === DW_TAG.call_site || child.tag === DW_TAG.GNU_call_site;
      if (isSite && (child.address(DW_AT.call_return_pc) ?? child.address(DW_AT.low_pc)) === returnAddress) return child;
      if (child.abbrev.hasChildren && (child.tag === DW_TAG.lexical_block || child.tag === DW_TAG.inlined_subroutine)) pending.push(child);
    }
  }
  return undefined;
}

/** A call to another function that then jumped here (a tail call) says nothing about this function's arguments. */
function mayCall(callSite: Die, functionDie: Die): boolean {
  const called = callSite.reference(DW_AT.call_origin) ?? callSite.reference(DW_AT.abstract_origin);
  if (!called) return true;
  const name = called.inheritedString(DW_AT.linkage_name) ?? called.inheritedString(DW_AT.name);
  return name === undefined || name === (functionDie.inheritedString(DW_AT.linkage_name) ?? functionDie.inheritedString(DW_AT.name));
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
