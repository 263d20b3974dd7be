// RDPKRU and WRPKRU (SDM vol 2; vol 3 ch. 5.6.2).
import type { Cpu, Helper } from '../cpu';
import { faults } from '../fault';
import { Gpr } from '../layout';
import { Cr4 } from './bits';

function requireKeys(cpu: Cpu): void {
  if (!(cpu.state.u64('cr4') & Cr4.PKE)) throw faults.ud();
  if (cpu.state.gpr32(Gpr.rcx) !== 0) throw faults.gp(0);
}

export const rdpkru: Helper = (cpu) => {
  requireKeys(cpu);
  cpu.state.setGpr(Gpr.rax, cpu.state.u64('pkru'));
  cpu.state.setGpr(Gpr.rdx, 0n);
};

export const wrpkru: Helper = (cpu) => {
  requireKeys(cpu);
  if (cpu.state.gpr32(Gpr.rdx) !== 0) throw faults.gp(0);
  cpu.state.setU64('pkru', BigInt(cpu.state.gpr32(Gpr.rax)));
  cpu.tlb.contextChanged();
};
