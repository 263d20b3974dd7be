// The kernel's log, from the ring buffer that printk writes (kernel/printk/printk_ringbuffer.h, Linux 5.10 and later).
import type { KernelMemory } from './kernel-memory';

export interface LogLine {
  readonly sequence: number;
  readonly timeNs: number;
  /** 0 emergency to 7 debug. */
  readonly level: number;
  readonly text: string;
}

/** enum desc_state, in the two highest bits of a descriptor's state. */
const COMMITTED = 1n;
const FINALIZED = 2n;
const STATE_SHIFT = 62n;
const ID_MASK = (1n << STATE_SHIFT) - 1n;
/** A block starts with the id of its descriptor. */
const BLOCK_HEADER = 8n;

/** The newest lines, oldest first. */
export async function readLog(memory: KernelMemory, most: number): Promise<LogLine[]> {
  const ring = await memory.number(memory.symbol('prb'));
  const at = (path: string): Promise<bigint> => memory.read(ring, memory.field('printk_ringbuffer', path));
  const [countBits, descriptors, infos, sizeBits, data] = await Promise.all([
    at('desc_ring.count_bits'),
    at('desc_ring.descs'),
    at('desc_ring.infos'),
    at('text_data_ring.size_bits'),
    at('text_data_ring.data'),
  ]);
  const [head, tail] = await Promise.all([at('desc_ring.head_id'), at('desc_ring.tail_id')]);
  const count = 1n << countBits;
  const size = 1n << sizeBits;
  const lines: LogLine[] = [];
  // Newest first, so that a long log is not read for its last lines.
  for (let id = head; lines.length < most; id = (id - 1n) & ID_MASK) {
    const line = await readLine(memory, descriptors, infos, data, id % count, size);
    if (line) lines.push(line);
    if (id === tail) break;
  }
  return lines.reverse();
}

async function readLine(
  memory: KernelMemory,
  descriptors: bigint,
  infos: bigint,
  data: bigint,
  index: bigint,
  size: bigint,
): Promise<LogLine | undefined> {
  const descriptor = descriptors + index * BigInt(memory.layout('prb_desc').size);
  const info = infos + index * BigInt(memory.layout('printk_info').size);
  const state = (await memory.read(descriptor, memory.field('prb_desc', 'state_var'))) >> STATE_SHIFT;
  if (state !== COMMITTED && state !== FINALIZED) return undefined;
  const begin = await memory.read(descriptor, memory.field('prb_desc', 'text_blk_lpos.begin'));
  const next = await memory.read(descriptor, memory.field('prb_desc', 'text_blk_lpos.next'));
  const of = (path: string): Promise<bigint> => memory.read(info, memory.field('printk_info', path));
  const [sequence, timeNs, length] = await Promise.all([of('seq'), of('ts_nsec'), of('text_len')]);
  // facility (8 bits), then flags and level in one byte.
  const facility = memory.field('printk_info', 'facility');
  const level = Number((await memory.number(info + BigInt(facility.offset + 1), 1)) >> 5n);
  const line = { sequence: Number(sequence), timeNs: Number(timeNs), level };
  // The mark of a line without data.
  if ((begin & 1n) !== 0n) return { ...line, text: '' };
  const start = begin % size;
  const end = next % size;
  const from = (start > end ? 0n : start) + BLOCK_HEADER;
  const most = end > from ? end - from : 0n;
  const bytes = await memory.bytes(data + from, Number(length < most ? length : most));
  return { ...line, text: bytes ? new TextDecoder().decode(bytes) : '' };
}
