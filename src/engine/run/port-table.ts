// Plain ports as the interpreter accesses them by itself (emit/port-emitter.ts): noted when a helper's access was plain, forgotten when the host may have done
// anything that changes what they would give.
import type { QuickHost } from '../../x86/cpu';
import { ExitCell, PORT_ENTRIES, PORT_SIZE_SHIFT, PORT_STRIDE, PORT_TABLE, PORT_WRITE, PortEntry } from '../record';
import type { EngineMemory } from '../vm-memory';

export class PortTable {
  constructor(private readonly memory: EngineMemory) {}

  /** The host does something. */
  forget(): void {
    this.memory.u32[ExitCell.portGeneration >> 2]! += 1;
  }

  /** An access was made: a value read, or one written (which says nothing of the next). */
  accessed(quick: QuickHost | undefined, port: number, size: 1 | 2 | 4, write: boolean, value: number): void {
    if (!quick?.plainPort?.(port, size, write, value)) return;
    const { u32 } = this.memory;
    const entry = (PORT_TABLE + (port & (PORT_ENTRIES - 1)) * PORT_STRIDE) >> 2;
    u32[entry + (PortEntry.key >> 2)] = port | (size << PORT_SIZE_SHIFT) | (write ? PORT_WRITE : 0);
    u32[entry + (PortEntry.generation >> 2)] = u32[ExitCell.portGeneration >> 2]!;
    u32[entry + (PortEntry.value >> 2)] = value;
  }
}
