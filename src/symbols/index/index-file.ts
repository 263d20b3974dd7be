// The index of one file as bytes on disk: a header that tells what it is of, then columns of numbers and lists of texts.

/** Counts up whenever the contents change their meaning: an older index is made again. */
const FORMAT = 2;
const MAGIC = 'HYPERSCOPE-SYMBOL-INDEX\n';
const ALIGN = 8;

export type IndexPart = Uint32Array | Float64Array | readonly string[];

/** Whose index it is: all must agree. */
export interface IndexIdentity {
  readonly buildId: string;
  readonly infoSize: number;
  readonly linesSize: number;
}

interface PartHeader {
  readonly name: string;
  readonly kind: 'u32' | 'f64' | 'texts';
  readonly offset: number;
  readonly bytes: number;
}

interface Header extends IndexIdentity {
  readonly format: number;
  readonly parts: readonly PartHeader[];
  readonly bytes: number;
  readonly sum: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encodeIndex(identity: IndexIdentity, parts: ReadonlyMap<string, IndexPart>): Uint8Array {
  const bodies: { name: string; kind: PartHeader['kind']; bytes: Uint8Array }[] = [];
  for (const [name, part] of parts) {
    if (part instanceof Uint32Array) bodies.push({ name, kind: 'u32', bytes: viewOf(part) });
    else if (part instanceof Float64Array) bodies.push({ name, kind: 'f64', bytes: viewOf(part) });
    else bodies.push({ name, kind: 'texts', bytes: encoder.encode((part as readonly string[]).join('\0')) });
  }
  let bytes = 0;
  const headers = bodies.map(({ name, kind, bytes: body }) => {
    const offset = bytes;
    bytes = aligned(offset + body.length);
    return { name, kind, offset, bytes: body.length };
  });
  const data = new Uint8Array(bytes);
  for (const [i, { bytes: body }] of bodies.entries()) data.set(body, headers[i]!.offset);
  const header: Header = { format: FORMAT, ...identity, parts: headers, bytes, sum: checksum(data) };
  const text = encoder.encode(`${MAGIC}${JSON.stringify(header)}\n`);
  const start = aligned(text.length);
  const file = new Uint8Array(start + bytes);
  file.fill(0x20, 0, start);
  file.set(text);
  file[start - 1] = 0x0a;
  file.set(data, start);
  return file;
}

/** undefined: of another file, of another version, or damaged. */
export function decodeIndex(identity: IndexIdentity, file: Uint8Array): ReadonlyMap<string, IndexPart> | undefined {
  if (decoder.decode(file.subarray(0, MAGIC.length)) !== MAGIC) return undefined;
  const end = file.indexOf(0x0a, MAGIC.length);
  if (end < 0) return undefined;
  const header = parsed(decoder.decode(file.subarray(MAGIC.length, end)));
  if (header?.format !== FORMAT || header.buildId !== identity.buildId) return undefined;
  if (header.infoSize !== identity.infoSize || header.linesSize !== identity.linesSize) return undefined;
  // As encodeIndex: the text ends with its newline, then spaces up to the alignment.
  const data = file.slice(aligned(end + 1));
  if (data.length !== header.bytes || checksum(data) !== header.sum) return undefined;
  return new Map(header.parts.map(({ name, kind, offset, bytes }) => [name, partOf(data, kind, offset, bytes)]));
}

function partOf(data: Uint8Array, kind: PartHeader['kind'], offset: number, bytes: number): IndexPart {
  const at = data.byteOffset + offset;
  if (kind === 'u32') return new Uint32Array(data.buffer, at, bytes / 4);
  if (kind === 'f64') return new Float64Array(data.buffer, at, bytes / 8);
  const text = decoder.decode(data.subarray(offset, offset + bytes));
  return text === '' ? [] : text.split('\0');
}

function parsed(text: string): Header | undefined {
  try {
    return JSON.parse(text) as Header;
  } catch {
    return undefined;
  }
}

function viewOf(part: Uint32Array | Float64Array): Uint8Array {
  return new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
}

function aligned(size: number): number {
  return Math.ceil(size / ALIGN) * ALIGN;
}

/** Of whole words: the data is padded to them. */
function checksum(data: Uint8Array): number {
  const words = new Uint32Array(data.buffer, data.byteOffset, data.byteLength / 4);
  let sum = 0x811c9dc5;
  for (let i = 0; i < words.length; i++) sum = Math.imul(sum ^ words[i]!, 0x01000193);
  return sum >>> 0;
}
