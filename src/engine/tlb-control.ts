// The running vCPU's TLB as helpers reach it; what they drop, the page that is fetched from may belong to.
import type { TlbControl } from '../x86/cpu';
import { STATE } from '../x86/layout';
import type { AccessPath } from './access';
import { knowRoot } from './known-roots';
import { tlbContext } from './tlb-context';
import type { EngineMemory } from './vm-memory';

export const tlbControl = (access: AccessPath, memory: EngineMemory): TlbControl => ({
  contextChanged: () => {
    access.tlb.setContext(tlbContext(memory, STATE));
    knowRoot(memory);
    access.dropFetchPage();
  },
  flushContext: (pcid) => {
    access.tlb.flushContext(pcid);
    access.dropFetchPage();
  },
  flushPageOf: (pcid, linear) => {
    access.tlb.flushPageOf(pcid, Number(BigInt.asIntN(32, linear)), Number(BigInt.asIntN(32, linear >> 32n)));
    access.dropFetchPage();
  },
  flushAll: (global) => {
    access.tlb.flush(global);
    access.dropFetchPage();
  },
  flushPage: (linear) => {
    access.tlb.flushPage(Number(BigInt.asIntN(32, linear)), Number(BigInt.asIntN(32, linear >> 32n)));
    access.dropFetchPage();
  },
});
