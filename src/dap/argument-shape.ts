// What the arguments of a request must look like, as data, and the check of it: a client's mistake is one message that names the field.

export type Shape =
  | 'any'
  | 'string'
  | 'number'
  /** No fraction, and exact: the protocol's numbers. */
  | 'integer'
  | 'boolean'
  | { readonly oneOf: readonly (string | number | boolean)[] }
  | { readonly list: Shape }
  | { readonly either: readonly Shape[] }
  | { readonly values: Shape }
  | { readonly required: readonly string[]; readonly fields: Readonly<Record<string, Shape>> };

/** What is wrong, as "\"source.path\" must be a text"; undefined: nothing. */
export function shapeProblem(shape: Shape, value: unknown, path = ''): string | undefined {
  if (shape === 'any') return undefined;
  if (typeof shape === 'string') {
    return fits(shape, value) ? undefined : `${named(path)} must be ${describeShape(shape)}`;
  }
  if ('oneOf' in shape) return shape.oneOf.includes(value as string) ? undefined : `${named(path)} must be ${describeShape(shape)}`;
  if ('either' in shape)
    return shape.either.some((each) => shapeProblem(each, value, path) === undefined)
      ? undefined
      : `${named(path)} must be ${describeShape(shape)}`;
  if ('list' in shape) {
    if (!Array.isArray(value)) return `${named(path)} must be a list`;
    return first(value.entries(), ([index, item]) => shapeProblem(shape.list, item, `${path}[${index}]`));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${named(path)} must be an object`;
  const object = value as Record<string, unknown>;
  if ('values' in shape) return first(Object.entries(object), ([key, item]) => shapeProblem(shape.values, item, join(path, key)));
  const missing = shape.required.find((key) => object[key] === undefined);
  if (missing !== undefined) return `"${join(path, missing)}" is missing`;
  // An optional field that is null is one that is not there.
  return first(Object.entries(shape.fields), ([key, each]) =>
    object[key] === undefined || (object[key] === null && !shape.required.includes(key))
      ? undefined
      : shapeProblem(each, object[key], join(path, key)),
  );
}

function fits(shape: 'string' | 'number' | 'integer' | 'boolean', value: unknown): boolean {
  if (shape === 'integer') return Number.isSafeInteger(value);
  return shape === 'number' ? Number.isFinite(value) : typeof value === shape;
}

function first<T>(items: Iterable<T>, problem: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = problem(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);
const named = (path: string): string => (path === '' ? '"arguments"' : `"${path}"`);

function describeShape(shape: Shape): string {
  if (shape === 'string') return 'a text';
  if (shape === 'number') return 'a number';
  if (shape === 'integer') return 'a whole number';
  if (shape === 'boolean') return 'true or false';
  if (shape === 'any') return 'anything';
  if ('oneOf' in shape) return shape.oneOf.map((each) => JSON.stringify(each)).join(' or ');
  if ('either' in shape) return shape.either.map(describeShape).join(' or ');
  return 'list' in shape ? 'a list' : 'an object';
}
