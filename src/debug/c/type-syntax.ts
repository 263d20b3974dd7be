// Type names (C17, 6.7.7): specifiers and an abstract declarator. Whether a name is a type is asked of the caller, as in C.
import type { Derivation, TypeName } from './ast';
import type { TokenStream } from './token-stream';

export type IsType = (name: string) => boolean;

const TAGS: readonly string[] = ['struct', 'union', 'enum', 'class'];
const QUALIFIERS: ReadonlySet<string> = new Set(['const', 'volatile', 'restrict', '_Atomic']);
const TYPE_WORDS: ReadonlySet<string> = new Set([
  ...'void char short int long float double signed unsigned _Bool bool __int128'.split(' '),
  ...TAGS,
  ...QUALIFIERS,
]);

export function startsType(stream: TokenStream, isType: IsType): boolean {
  const { token } = stream;
  return (token.kind === 'name' && (TYPE_WORDS.has(token.text) || isType(token.text))) || (token.kind === 'quoted' && isType(token.text));
}

export function typeName(stream: TokenStream, isType: IsType): TypeName {
  const words = specifiers(stream);
  return { words, derived: declarator(stream, isType) };
}

function specifiers(stream: TokenStream): string[] {
  const words: string[] = [];
  for (;;) {
    const { token } = stream;
    if (token.kind !== 'name' && token.kind !== 'quoted') break;
    const isTagged = TAGS.includes(words.at(-1) ?? '');
    if (!isTagged && !TYPE_WORDS.has(token.text) && words.length > 0) break;
    stream.take();
    if (!QUALIFIERS.has(token.text)) words.push(token.text);
  }
  return words;
}

/** Pointers bind less than what stands behind; parentheses turn that round. */
function declarator(stream: TokenStream, isType: IsType): Derivation[] {
  return stream.nested(() => {
    const pointers: Derivation[] = [];
    for (;;) {
      const { token } = stream;
      if (stream.takeIf('*')) pointers.push({ kind: 'pointer' });
      else if (token.kind === 'name' && QUALIFIERS.has(token.text)) stream.take();
      else break;
    }
    const inner = stream.attempt(() => {
      if (!stream.takeIf('(') || !stream.is('*', '(', '[')) return undefined;
      const found = declarator(stream, isType);
      stream.expect(')');
      return found;
    });
    const behind: Derivation[] = [];
    for (;;) {
      if (stream.is('[')) behind.push({ kind: 'array', bounds: bounds(stream) });
      else if (stream.is('(')) behind.push(parameters(stream, isType));
      else break;
    }
    return [...pointers, ...behind.reverse(), ...(inner ?? [])];
  });
}

function bounds(stream: TokenStream): (number | undefined)[] {
  const found: (number | undefined)[] = [];
  while (stream.takeIf('[')) {
    const { token } = stream;
    if (token.kind === 'number') {
      found.push(Number(token.value));
      stream.take();
    } else if (stream.is(']')) found.push(undefined);
    else throw stream.error('An array in a type needs a number of elements');
    stream.expect(']');
  }
  return found;
}

function parameters(stream: TokenStream, isType: IsType): Derivation {
  stream.expect('(');
  if (stream.takeIf(')')) return { kind: 'function', parameters: [], variadic: false, prototyped: false };
  const found: TypeName[] = [];
  let variadic = false;
  do {
    if (stream.takeIf('.')) {
      stream.expect('.');
      stream.expect('.');
      variadic = true;
      break;
    }
    if (!startsType(stream, isType)) throw stream.error('The type of a parameter is missing');
    found.push(typeName(stream, isType));
  } while (stream.takeIf(','));
  stream.expect(')');
  const [only] = found;
  const isVoid = found.length === 1 && only?.words.join() === 'void' && only.derived.length === 0;
  return { kind: 'function', parameters: isVoid ? [] : found, variadic, prototyped: true };
}
