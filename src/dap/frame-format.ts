// A frame's name as a client formats it (Debug Adapter Protocol, StackFrameFormat): the module in front, parameters behind, then the line.
import { basename } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Frame } from '../debug/frames/stack';
import type { Guest } from './guest';

type Format = DebugProtocol.StackFrameFormat;

export async function formattedName(name: string, frame: Frame, format: Format, hex: boolean, guest: Guest): Promise<string> {
  const { physical, position } = frame;
  const file = format.module ? guest.symbols.fileAt(physical.lookupPc) : undefined;
  const line = format.line && position ? ` line ${position.line}` : '';
  return `${file ? `${basename(file.name)}!` : ''}${name}${await parameters(frame, format, hex, guest)}${line}`;
}

async function parameters(frame: Frame, format: Format, hex: boolean, guest: Guest): Promise<string> {
  const { parameterTypes, parameterNames, parameterValues } = format;
  // "parameters" alone says that they are wanted, not which of their parts: all.
  const isAll = !parameterTypes && !parameterNames && !parameterValues;
  if (isAll && !format.parameters) return '';
  const scope = guest.variables.scopes(frame).find(({ hint }) => hint === 'arguments');
  if (!scope) return '';
  const shown = await scope.node.list({ filter: undefined, start: 0, count: Number.MAX_SAFE_INTEGER }, hex);
  const texts = shown.map(({ type, name, value }) => {
    const named = [(isAll || parameterTypes) && type, (isAll || parameterNames) && name].filter(Boolean).join(' ');
    if (!(isAll || parameterValues)) return named;
    return named === '' ? value : `${named} = ${value}`;
  });
  return `(${texts.join(', ')})`;
}
