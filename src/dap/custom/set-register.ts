// A new value for a register, or for a bit of one: a number as wide as the register, or a C expression.
import { evaluate } from '../../debug/c/evaluate';
import { scalarOf } from '../../debug/c/value';
import { widthOf } from '../../debug/registers/groups';
import { dapErrors } from '../errors';
import { scopeOfVcpu } from '../evaluation-scope';
import { custom } from './custom';

export const setRegister = custom('hyperscope/setRegister', async (session, { vcpu, name, value }) => {
  const guest = session.stoppedGuest('hyperscope/setRegister');
  await guest.vcpuOfThread(vcpu + 1);
  const scope = await scopeOfVcpu(guest, vcpu);
  const plain = name.replace(/^\$/, '').toLowerCase();
  const { mode, values } = await guest.registers(vcpu);
  const own = Object.keys(values).find((each) => each.toLowerCase() === plain);
  // C has no number of 80 or 128 bits.
  const number = /^\s*-?(0x[0-9a-f]+|\d+)\s*$/i.test(value) ? signed(value) : await scalarOf(await evaluate(value, scope), scope);
  await scope.writeCpuRegister(own ?? plain, own === undefined ? number : fit(own, number, widthOf(own, mode)));
  return {};
});

const signed = (text: string): bigint => (text.trim().startsWith('-') ? -BigInt(text.trim().slice(1)) : BigInt(text.trim()));

/** Negative numbers as the register's two's complement. */
function fit(name: string, value: bigint, width: number): bigint {
  if (value >= 1n << BigInt(width) || value < -(1n << BigInt(width - 1)))
    throw dapErrors.badArgument(name, `${value < 0n ? value : `0x${value.toString(16)}`} does not fit into ${width} bits`);
  return BigInt.asUintN(width, value);
}
