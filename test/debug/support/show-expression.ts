// A parsed expression, fully parenthesised, for reading.
import type { Derivation, Expression, TypeName } from '../../../src/debug/c/ast';

export function show(e: Expression): string {
  switch (e.kind) {
    case 'number':
      return `${e.value}${e.suffix}`;
    case 'float':
      return `${e.value}${e.suffix}`;
    case 'character':
      return `'${e.value}'`;
    case 'string':
      return JSON.stringify(e.value);
    case 'name':
      return e.scope === undefined ? e.name : `${e.scope}::${e.name}`;
    case 'register':
      return `$${e.name}`;
    case 'unary':
      return `(${e.operator}${show(e.operand)})`;
    case 'infix':
    case 'logical':
      return `(${show(e.left)} ${e.operator} ${show(e.right)})`;
    case 'conditional':
      return `(${show(e.condition)} ? ${show(e.then)} : ${show(e.otherwise)})`;
    case 'comma':
      return `(${show(e.left)}, ${show(e.right)})`;
    case 'member':
      return `${show(e.object)}${e.arrow ? '->' : '.'}${e.name}`;
    case 'index':
      return `${show(e.object)}[${show(e.index)}]`;
    case 'slice':
      return `(${show(e.first)}@${show(e.count)})`;
    case 'cast':
      return `(<${showType(e.type)}>${show(e.operand)})`;
    case 'at':
      return `${e.physical ? 'phys' : ''}{${showType(e.type)}}${show(e.address)}`;
    case 'sizeof-type':
      return `sizeof<${showType(e.type)}>`;
    case 'sizeof':
      return `sizeof ${show(e.operand)}`;
    case 'offsetof':
      return `offsetof(${showType(e.type)}, ${show(e.member)})`;
    case 'assign':
      return `${show(e.target)} ${e.operator ?? ''}= ${show(e.value)}`;
    case 'step':
      return e.prefix ? `(${e.by > 0 ? '++' : '--'}${show(e.target)})` : `(${show(e.target)}${e.by > 0 ? '++' : '--'})`;
  }
}

/** "struct page *", "int (*)[4]" read from the inside: "int, [4], *". */
function showType({ words, derived }: TypeName): string {
  const simple = derived.every(({ kind }) => kind === 'pointer');
  if (simple) return [...words, '*'.repeat(derived.length)].join(' ').trim();
  return [words.join(' '), ...derived.map(showDerivation)].join(', ');
}

function showDerivation(derivation: Derivation): string {
  if (derivation.kind === 'pointer') return '*';
  if (derivation.kind === 'array') return derivation.bounds.map((bound) => `[${bound ?? ''}]`).join('');
  return `fn(${[...derivation.parameters.map(showType), ...(derivation.variadic ? ['...'] : [])].join('; ')})`;
}
