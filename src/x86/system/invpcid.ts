// INVPCID (SDM vol 2; vol 3 ch. 5.10.4.1): entries of one address, of one PCID, of all, or of all but global ones.
import type { Helper } from '../cpu';
import { faults } from '../fault';
import { Cr4 } from './bits';
import { isCanonicalBase, isCode64, isVirtual8086 } from './mode';
import { register } from './operands';

const Type = { address: 0n, context: 1n, all: 2n, allButGlobal: 3n } as const;
const PCID = 0xfffn;

export const invpcid: Helper = (cpu, insn) => {
  const { state, tlb } = cpu;
  if (state.u32('cpl') !== 0 || isVirtual8086(state)) throw faults.gp(0);
  const type = register(state, insn.reg, isCode64(state) ? 8 : 4);
  const low = cpu.memory.read(insn.linear, 8, 'current');
  const address = cpu.memory.read(insn.linear + 8n, 8, 'current');
  const pcid = low & PCID;
  if (type > Type.allButGlobal || low !== pcid) throw faults.gp(0);
  if (type <= Type.context && !(state.u64('cr4') & Cr4.PCIDE) && pcid !== 0n) throw faults.gp(0);
  if (type === Type.address && !isCanonicalBase(address, cpu.model)) throw faults.gp(0);
  cpu.host.event('invlpg', address, type);
  if (type === Type.address) tlb.flushPageOf(Number(pcid), address);
  else if (type === Type.context) tlb.flushContext(Number(pcid));
  else tlb.flushAll(type === Type.all);
};
