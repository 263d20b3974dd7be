// What happened at a stop for an event or for touched memory, in one line: "#PF at main+0x10: 0x2 (not present, write, supervisor), address 0xdead".
import type { DataSubject } from '../debug/breakpoints/breakpoint';
import type { DataTouch, StopEvent } from '../machine/control/stop-types';
import { errorCodeText } from './fault-words';
import type { Describe } from './stop-texts';

const hex = (value: bigint): string => `0x${value.toString(16)}`;

export function eventTitle({ class: kind, name, fields }: StopEvent): string {
  const vector = hex(fields.vector ?? 0n);
  switch (kind) {
    case 'fault':
      return name;
    case 'interrupt':
      return name === 'NMI' ? 'NMI' : `${name === 'INT' ? 'INT' : 'Interrupt'} ${vector}`;
    case 'exit':
      return `VM exit ${name}`;
    case 'msr':
      return `${fields.write ? 'WRMSR' : 'RDMSR'} ${hex(fields.msr ?? 0n)}${name === '' ? '' : ` ${name}`}`;
    case 'port':
      return `${fields.write ? 'Write to' : 'Read from'} port ${hex(fields.port ?? 0n)}`;
  }
}

export function eventText(event: StopEvent, describe: Describe): string {
  const { class: kind, fields, rip, before } = event;
  const symbol = describe(rip);
  const at = `${eventTitle(event)} at ${hex(rip)}${symbol === '' ? '' : ` <${symbol}>`}`;
  const more: string[] = [];
  if (kind === 'fault') {
    const code = errorCodeText(Number(fields.vector), Number(fields.code ?? 0n));
    if (code !== undefined) more.push(`error code ${code}`);
    if (fields.address !== undefined) more.push(`address ${hex(fields.address)}`);
    if (!before) more.push('raised while another event was being delivered; this is its handler');
  } else if (kind === 'exit') {
    for (const [name, value] of Object.entries(fields)) if (!/^(a\d|cpl)$/.test(name)) more.push(`${name} ${hex(value)}`);
  } else if (kind === 'interrupt') {
    if (!before) more.push('this is its handler');
  } else {
    if (fields.value !== undefined) more.push(`value ${hex(fields.value)}`);
    if (fields.size !== undefined) more.push(`${fields.size} byte${fields.size === 1n ? '' : 's'}`);
  }
  return more.length === 0 ? at : `${at}: ${more.join(', ')}`;
}

/** "counter: 4 → 5 (0x4 → 0x5), written at main+0x1f". */
export function touchText(touch: DataTouch, subject: DataSubject | undefined, describe: Describe): string {
  const { before, after, write, rip, byHost } = touch;
  const symbol = describe(rip);
  const who = byHost ? 'by the hypervisor or a device' : `at ${symbol === '' ? hex(rip) : symbol}`;
  const done = `${write ? 'written' : 'read'} ${who}`;
  const label = subject?.label ?? hex(touch.address);
  if (before === null || after === null) return `${label}: ${done}`;
  const isSame = before.every((byte, i) => byte === after[i]);
  const value = isSame ? show(after) : change(before, after);
  const part = subject !== undefined && (touch.address !== subject.address || before.length !== subject.length);
  const where = part ? `${label} at ${hex(touch.address)}` : label;
  return `${where}: ${value}, ${done}${write && isSame ? ' (unchanged)' : ''}`;
}

function numberOf(bytes: Uint8Array): bigint | undefined {
  if (![1, 2, 4, 8].includes(bytes.length)) return undefined;
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
function show(bytes: Uint8Array): string {
  const number = numberOf(bytes);
  if (number !== undefined) return number < 10n ? `${number}` : `${number} (${hex(number)})`;
  const shown = [...bytes.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return bytes.length > 16 ? `${shown} …` : shown;
}
function change(before: Uint8Array, after: Uint8Array): string {
  const [a, b] = [numberOf(before), numberOf(after)];
  if (a === undefined || b === undefined) return `${show(before)} → ${show(after)}`;
  return a < 10n && b < 10n ? `${a} → ${b}` : `${a} → ${b} (${hex(a)} → ${hex(b)})`;
}
