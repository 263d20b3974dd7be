// The guest's two ways to a local APIC's registers: the xAPIC page and the x2APIC MSRs (SDM vol 3, 10.4.1 and 10.12.1).
import type { MmioHandler } from '../ports';
import { registerPart } from '../register-part';
import type { LocalApic } from './local-apic';
import * as R from './registers';

const { APIC_REG } = R;

export class ApicRegisters implements MmioHandler {
  constructor(private readonly apic: LocalApic) {}

  /** Registers are 32 bits at multiples of 16; narrower reads inside one are given as emulators and most chips do. */
  readMmio(offset: number, size: 1 | 2 | 4): number {
    const byte = offset & 15;
    const row = R.apicRegisterRow(offset >> 4, false);
    if (row === undefined || row.access === 'w' || byte > 3) {
      if (row === undefined) this.apic.errors.log(R.ESR_ILLEGAL_REGISTER);
      return 0;
    }
    return registerPart(this.read(row.index), byte, size);
  }

  /** 10.4.1: only aligned 32-bit writes are defined; others are ignored. */
  writeMmio(offset: number, size: 1 | 2 | 4, value: number): void {
    if (size !== 4 || (offset & 15) !== 0) return;
    const row = R.apicRegisterRow(offset >> 4, false);
    if (row === undefined) this.apic.errors.log(R.ESR_ILLEGAL_REGISTER);
    else if (row.access !== 'r') this.write(row.index, value >>> 0);
  }

  /** RDMSR of 0x800..0x8ff; undefined is #GP(0). */
  readMsr(msr: number): bigint | undefined {
    const row = this.msrRow(msr);
    if (row === undefined || row.access === 'w') return undefined;
    if (row.index === APIC_REG.icrLow) return (BigInt(this.apic.icr.state.high) << 32n) | BigInt(this.apic.icr.state.low);
    return BigInt(this.read(row.index));
  }

  /** WRMSR; false is #GP(0): no such register, read-only, or a reserved bit set. */
  writeMsr(msr: number, value: bigint): boolean {
    const row = this.msrRow(msr);
    if (row === undefined || row.access === 'r') return false;
    const low = Number(value & 0xffffffffn);
    const high = Number(value >> 32n);
    const isIcr = row.index === APIC_REG.icrLow;
    if ((low & ~row.writable) !== 0 || (high !== 0 && !isIcr)) return false;
    if (isIcr) this.apic.icr.send(low, high, true);
    else this.write(row.index, low);
    return true;
  }

  private msrRow(msr: number): R.ApicRegisterRow | undefined {
    return this.apic.mode === 'x2apic' ? R.apicRegisterRow(msr - R.X2APIC_MSR_BASE, true) : undefined;
  }

  private read(index: number): number {
    const { apic } = this;
    apic.beforeUse();
    if (index >= APIC_REG.isr && index < APIC_REG.tmr) return apic.vectorWord('isr', index - APIC_REG.isr);
    if (index >= APIC_REG.tmr && index < APIC_REG.irr) return apic.vectorWord('tmr', index - APIC_REG.tmr);
    if (index >= APIC_REG.irr && index < APIC_REG.esr) return apic.vectorWord('irr', index - APIC_REG.irr);
    if (index >= APIC_REG.lvtTimer && index <= APIC_REG.lvtError) return apic.lvt(index - APIC_REG.lvtTimer);
    switch (index) {
      case APIC_REG.id:
        return apic.mode === 'x2apic' ? apic.apicId : (apic.apicId << 24) >>> 0;
      case APIC_REG.version:
        return R.APIC_VERSION;
      case APIC_REG.tpr:
        return apic.tpr;
      case APIC_REG.apr:
      case APIC_REG.ppr:
        return apic.processorPriority;
      case APIC_REG.ldr:
        return apic.ldr;
      case APIC_REG.dfr:
        return apic.dfr;
      case APIC_REG.svr:
        return apic.svr;
      case APIC_REG.esr:
        return apic.errors.state.shown;
      case APIC_REG.icrLow:
        return apic.icr.state.low;
      case APIC_REG.icrHigh:
        return apic.icr.state.high;
      case APIC_REG.timerInitialCount:
        return apic.timer.initialCount;
      case APIC_REG.timerCurrentCount:
        return apic.timer.currentCount;
      case APIC_REG.timerDivide:
        return apic.timer.divide;
      default: // RRD: remote reads are not sent by anyone
        return 0;
    }
  }

  private write(index: number, value: number): void {
    const { apic } = this;
    apic.beforeUse();
    if (index >= APIC_REG.lvtTimer && index <= APIC_REG.lvtError) apic.writeLvt(index - APIC_REG.lvtTimer, value);
    switch (index) {
      case APIC_REG.tpr:
        apic.tpr = value;
        break;
      case APIC_REG.eoi:
        apic.writeEoi();
        break;
      case APIC_REG.ldr:
        apic.ldr = value;
        break;
      case APIC_REG.dfr:
        apic.dfr = value;
        break;
      case APIC_REG.svr:
        apic.svr = value;
        break;
      case APIC_REG.esr:
        apic.errors.write();
        break;
      case APIC_REG.icrLow:
        apic.icr.send(value, apic.icr.state.high, false);
        break;
      case APIC_REG.icrHigh:
        apic.icr.setHigh(value);
        break;
      case APIC_REG.timerInitialCount:
        apic.timer.initialCount = value;
        break;
      case APIC_REG.timerDivide:
        apic.timer.divide = value;
        break;
      case APIC_REG.selfIpi:
        apic.icr.sendToSelf(value);
        break;
      default: // the local vector table, above
    }
  }
}
