// A type in C's notation: "struct task *", "int (*[4])(char *, ...)", "const volatile u32".

import { type CompositeType, type DataType, type EnumType, strip } from './types';

const MAX_DEPTH = 32;

export function typeName(type: DataType): string {
  return declare(type, '', 0);
}

/** A declaration, as in a signature: "char *name[4]". */
export function declaration(type: DataType, name: string): string {
  return declare(type, name, 0);
}

/** C declarators grow from the inside out: `inner` is what has been built around the name so far. */
function declare(type: DataType, inner: string, depth: number): string {
  if (depth > MAX_DEPTH) return '…';
  const next = depth + 1;
  switch (type.kind) {
    case 'void':
      return join('void', inner);
    case 'base':
    case 'typedef':
      return join(type.name, inner);
    case 'unknown':
      return join(type.name || '<unknown type>', inner);
    case 'enum':
    case 'struct':
    case 'union':
    case 'class':
      return join(tagName(type), inner);
    case 'pointer':
      if (type.rust) return join(rustName(type, next), inner);
      return declare(type.target, `${{ pointer: '*', reference: '&', rvalue: '&&' }[type.flavour]}${inner}`, next);
    case 'qualified':
      // On a pointer the qualifier stands behind its star, elsewhere before the type.
      if (type.target.kind === 'pointer') return declare(type.target, join(type.qualifier, inner), next);
      return `${type.qualifier} ${declare(type.target, inner, next)}`;
    case 'array':
      if (type.rust) return join(rustName(type, next), inner);
      return declare(type.element, `${grouped(inner)}${type.dimensions.map((count) => `[${count ?? ''}]`).join('')}`, next);
    case 'function':
      if (type.rust) return join(rustName(type, next), inner);
      return declare(type.result, `${grouped(inner)}(${parameterList(type, next)})`, next);
  }
}

function parameterList(type: Extract<DataType, { kind: 'function' }>, depth: number): string {
  const list = type.parameters.map((parameter) => declare(parameter, '', depth));
  if (type.variadic) list.push('...');
  if (list.length === 0) return type.prototyped ? 'void' : '';
  return list.join(', ');
}

function grouped(inner: string): string {
  return /^[*&]/.test(inner) ? `(${inner})` : inner;
}

function join(left: string, inner: string): string {
  return inner === '' ? left : `${left} ${inner}`;
}

function tagName(type: CompositeType | EnumType): string {
  return type.written ?? `${type.kind} ${type.name || '{…}'}`;
}

/** Debug information does not tell references from raw pointers where it gives no name. */
function rustName(type: Extract<DataType, { kind: 'pointer' | 'array' | 'function' }>, depth: number): string {
  const nameOf = (inner: DataType): string => (inner.kind === 'void' ? '()' : declare(inner, '', depth));
  switch (type.kind) {
    case 'pointer':
      return type.rust?.name ?? (strip(type.target).kind === 'function' ? nameOf(type.target) : `*${nameOf(type.target)}`);
    case 'array':
      return type.dimensions.reduceRight<string>((inner, count) => `[${inner}; ${count ?? '_'}]`, nameOf(type.element));
    case 'function': {
      const result = type.result.kind === 'void' ? '' : ` -> ${nameOf(type.result)}`;
      return `fn(${type.parameters.map(nameOf).join(', ')})${result}`;
    }
  }
}
