// The address that a person means by a number, a register, a symbol, an expression, or one behind a segment register.
import { evaluateAddress } from '../../debug/c/evaluate';
import type { FrameScope } from '../../debug/frames/frame-scope';
import { toHex } from '../../protocol/wire';
import { dapErrors } from '../errors';
import { scopeOfVcpu } from '../evaluation-scope';
import { custom } from './custom';

const COMMAND = 'hyperscope/memoryAddress';
const number = /^\s*0x([0-9a-f_ ]{1,24})$/i;
const segmented = /^\s*\$?(cs|ds|es|fs|gs|ss)\s*:(?!:)(.+)$/is;

/** "0xffff8000 00100000" as the panel prints it; undefined: no number. */
function plainNumber(text: string): bigint | undefined {
  const digits = number.exec(text)?.[1]?.replace(/[_ ]/g, '');
  return digits && digits.length <= 16 ? BigInt(`0x${digits}`) : undefined;
}

export const memoryAddress = custom(COMMAND, async (session, { vcpu, text, cr3 }) => {
  const guest = session.guest(COMMAND);
  await guest.vcpuOfThread(vcpu + 1);
  let scope: FrameScope | undefined;
  // Expressions need a stopped guest, numbers do not.
  const number64 = async (expression: string): Promise<bigint> => {
    const plain = plainNumber(expression);
    if (plain !== undefined) return plain;
    session.stoppedGuest(COMMAND);
    scope ??= await scopeOfVcpu(guest, vcpu);
    const [, segment, offset] = segmented.exec(expression) ?? [];
    if (segment === undefined || offset === undefined) return evaluateAddress(expression, scope);
    const base = scope.frame.physical.stop.value(`${segment.toLowerCase()}.base`);
    return BigInt.asUintN(64, base + (await number64(offset)));
  };
  if (typeof text !== 'string' || text.trim() === '') throw dapErrors.badArgument(COMMAND, 'say which address');
  const address = await number64(text);
  return {
    address: toHex(address),
    cr3: cr3.trim() === '' ? null : toHex(await number64(cr3)),
    symbol: guest.describe(address),
  };
});
