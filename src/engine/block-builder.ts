// Decodes a straight run of instructions into records.
import type { Decoded, Decoder } from '../x86/decode/decoder';
import { Vector } from '../x86/fault';
import type { AddressSpec } from '../x86/general/effective-address';
import type { InsnRow, Unit } from '../x86/insn/row';
import { ModeBit, S, Seg, STATE } from '../x86/layout';
import type { CodeCache } from './code-cache';
import { Came, DecodeEnd, MAX_INSTRUCTIONS, MAX_RECORDS } from './decode/layout';
import { Shapes } from './decode/shapes';
import { PORT_IN_DX, PORT_OUT } from './emit/port-emitter';
import { ACCESS_SET, BASE_WIDE, BASE_WRITTEN } from './emit/system-emitter';
import type { BranchForm, MemoryForm } from './forms';
import { type HandlerCatalogue, Micro } from './handlers';
import type { InterpreterExports } from './interpreter';
import { R, RECORD_SIZE, Slot, UNLINKED } from './record';
import { writeField } from './record-field';
import { type RowPlan, RowPlans } from './row-plan';
import { type InsnFields, RecordedInsn } from './run/recorded-insn';
import { gprSlot, segmentBaseSlot } from './slots';
import { Repeat } from './strings';
import type { EngineMemory } from './vm-memory';

const MAX_BYTES = 15;
const FLAT64 = ModeBit.code64 | ModeBit.flat;

const fits32 = (value: number): boolean => value === (value | 0);

export interface BuilderHooks extends Pick<InterpreterExports, 'decode' | 'finishBlock' | 'addBlock'> {
  /** Offset in memory of the page that follows the running one, for an instruction that crosses; -1 with a fault pending. */
  secondPage(): number;
  /** May a debugger's stop point lie at this place, or anywhere in its page? */
  mayStop(physical: number): boolean;
  mayStopIn(page: number): boolean;
  /** Somebody is told of some rows' instructions. */
  observesAny(): boolean;
  /** Somebody is told of this row's instructions. */
  observes(row: InsnRow): boolean;
  /** Whether the unit may be used now: undefined, or the vector that it raises. */
  unitFault(unit: Unit): number | undefined;
}

/** Those that a read of the state gives. */
const CONTROL_REGISTERS: Readonly<Record<number, number>> = { 0: S.cr0, 2: S.cr2, 3: S.cr3, 4: S.cr4 };

export class BlockBuilder {
  private at = 0;
  private start = 0;
  private physical = 0;
  private mode = 0;
  private k = 0;
  private ipNext = 0;
  /** What `address` has found. */
  private baseSlot = 0;
  private indexSlot = 0;
  private displacement = 0;
  private readonly plans: RowPlans;
  private readonly shapes: Shapes;
  /** Where in memory the instruction is whose shape may be learned, or 0. */
  private learns = 0;
  private readonly crossing = new Uint8Array(2 * MAX_BYTES);

  constructor(
    private readonly memory: EngineMemory,
    private readonly cache: CodeCache,
    catalogue: HandlerCatalogue,
    private readonly decoder: Decoder,
    private readonly hooks: BuilderHooks,
    private readonly mostInstructions: number = MAX_INSTRUCTIONS,
  ) {
    this.plans = new RowPlans(catalogue);
    this.shapes = new Shapes(memory, decoder, catalogue);
  }

  /** There is room for another block without giving up those that there are. */
  get hasRoom(): boolean {
    return this.cache.allocate(MAX_RECORDS) !== undefined;
  }
  /** The block's first record; 0: the second page of a crossing first instruction faulted. */
  build(physical: number, mode: number): number {
    let start = this.cache.allocate(MAX_RECORDS);
    if (start === undefined) {
      this.cache.flush();
      start = this.cache.allocate(MAX_RECORDS)!;
    }
    this.start = start;
    this.at = start;
    this.physical = physical;
    this.mode = mode;
    this.k = 0;
    let offset = 0;
    let second = -1;
    let ended = false;
    const pageEnd = ((physical & -4096) >>> 0) + 4096;
    const { u32 } = this.memory;
    this.leavingKind = false;
    this.looksUp = false;
    const isPlain = this.mostInstructions === MAX_INSTRUCTIONS && this.isPlain(pageEnd - 4096);
    while (!ended) {
      if (isPlain) {
        const end = this.hooks.decode(physical, this.at, offset, this.k);
        this.at = u32[Came.at >> 2]!;
        offset = u32[Came.offset >> 2]!;
        this.k = u32[Came.count >> 2]!;
        this.leavingKind = end === DecodeEnd.left;
        if (end !== DecodeEnd.open) break;
      }
      if (this.k >= this.mostInstructions || physical + offset >= pageEnd) break;
      let d = this.decoder.decode(this.memory.u8, physical + offset, pageEnd, mode);
      if (d.status === 'truncated') {
        if (this.k > 0) break;
        second = this.hooks.secondPage();
        if (second < 0) return 0;
        d = this.decodeCrossing(physical, pageEnd - physical, second, mode);
      }
      this.ipNext = offset + d.length;
      const observed = d.row?.emit !== undefined && d.status === 'ok' && this.hooks.observes(d.row);
      if (observed || this.hooks.mayStop(physical + offset)) {
        const at = this.record(Micro.stopPoint);
        if (observed) this.observedRow(at, d.row!, d.reg);
      }
      if (second >= 0) this.set(this.record(Micro.straddle), R.disp, second);
      this.learns = isPlain && second < 0 ? physical + offset : 0;
      ended = this.instruction(d) || second >= 0;
      this.k++;
      offset += d.length;
    }
    if (!this.endsItself()) this.emitGoto(offset);
    this.hooks.finishBlock(start, this.at, this.k);
    this.hooks.addBlock(start - RECORD_SIZE, this.at, this.k, physical, mode, Math.max(Math.min(offset, pageEnd - physical), 1));
    this.cache.added(start, second);
    return start;
  }

  /** Instructions of known shapes are decoded in WebAssembly. */
  private isPlain(page: number): boolean {
    return (this.mode & FLAT64) === FLAT64 && !this.hooks.observesAny() && !this.hooks.mayStopIn(page);
  }

  /** The record says whom to tell of. */
  private observedRow(at: number, row: InsnRow, reg: number): void {
    const { descriptions } = this.cache;
    descriptions.push({ row, insn: undefined, way: undefined, address: undefined });
    this.set(at, R.link, descriptions.length);
    this.set(at, R.disp, reg);
  }

  private decodeCrossing(physical: number, first: number, second: number, mode: number): Decoded {
    const { u8 } = this.memory;
    this.crossing.set(u8.subarray(physical, physical + first));
    this.crossing.set(u8.subarray(second, second + MAX_BYTES), first);
    return this.decoder.decode(this.crossing, 0, first + MAX_BYTES, mode);
  }

  /** Appends a record with nothing but its handler and place. */
  private record(op: number): number {
    const at = this.at;
    this.at += RECORD_SIZE;
    const { i32 } = this.memory;
    // Word by word: op and plainOp, a, b, x, disp, imm, then ipNext, scale and k, link.
    const word = at >> 2;
    i32[word] = op | (op << 16);
    i32[word + 1] = 0;
    i32[word + 2] = Slot.zero;
    i32[word + 3] = Slot.zero;
    i32[word + 4] = 0;
    i32[word + 5] = 0;
    i32[word + 6] = this.ipNext | (this.k << 24);
    i32[word + 7] = 0;
    return at;
  }
  private set(at: number, field: number, value: number): void {
    this.memory.i32[(at + field) >> 2] = value;
  }

  private leavingKind = false;
  /** What follows the block's last instruction is looked up. */
  private looksUp = false;
  private endsItself(): boolean {
    return this.leavingKind;
  }

  /** True if the block ends here. */
  private instruction(d: Decoded): boolean {
    this.leavingKind = false;
    const { row } = d;
    if (d.status === 'unimplemented') return this.leaving(Micro.unimplemented, 0);
    if (d.status === 'too-long') return this.leaving(Micro.fault, Vector.GP);
    if (d.status !== 'ok' || !row) return this.undefinedInsn();
    const plan = this.plans.of(row);
    if (plan.unit !== undefined) {
      const vector = this.hooks.unitFault(plan.unit);
      if (vector !== undefined) return this.leaving(Micro.fault, vector);
    }
    if (plan.quick === Micro.iret) return d.size === 8 ? this.quickEnd(d, row, plan.quick) : this.helper(d, row);
    if (plan.quick === Micro.vmcall || plan.quick === Micro.softwareInterrupt) return this.quickEnd(d, row, plan.quick);
    if (plan.quick === Micro.invlpg && !this.plainAddress(d)) return this.helper(d, row);
    if (plan.quick === Micro.controlRead && !this.readsPlainly(d)) return this.helper(d, row);
    if (plan.quick === Micro.systemCall || plan.quick === Micro.systemReturn)
      return plan.quick === Micro.systemCall || d.size === 8 ? this.quickEnd(d, row, plan.quick) : this.helper(d, row);
    if (plan.quick !== undefined && plan.quick >= Micro.swapGs) return this.quickAlone(d, row, plan);
    if (plan.quick !== undefined) return this.quick(d, row, plan.quick, plan);
    if (plan.isHelper) return this.helper(d, row);
    if (!plan.isEmitted) return this.leaving(Micro.unimplemented, 0);
    if (plan.isString && !this.fastString(d)) return this.helper(d, row);
    if (plan.helperInVm86 && this.mode & ModeBit.virtual8086) return this.helper(d, row);
    if (plan.bitString && d.hasMemory && !(this.mode & ModeBit.code64 && d.addressSize === 8)) return this.helper(d, row);
    this.emitted(d, row, plan);
    if (this.learns !== 0) this.shapes.learn(this.learns, d, row, plan);
    return plan.ends;
  }

  private leaving(op: number, argument: number): true {
    const at = this.record(op);
    this.set(at, R.link, argument);
    this.leavingKind = true;
    return true;
  }

  private helper(d: Decoded, row: InsnRow): true {
    const { descriptions } = this.cache;
    const rm = d.hasMemory || !d.hasModrm ? (d.hasModrm ? -1 : d.opcodeRegister) : d.rm;
    const address = d.hasMemory ? this.addressSpec(d, row) : undefined;
    if (address && row.bitString) address.bitOffset = d.reg;
    const fields: InsnFields = {
      length: this.insnLength(),
      operandSize: (d.size >= 16 ? 8 : d.size) as 1 | 2 | 4 | 8,
      addressSize: d.addressSize,
      reg: d.reg,
      rm,
      segment: d.segment,
      imm: (BigInt(d.immediateHigh) << 32n) | BigInt(d.immediate >>> 0),
      imm2: d.immediate2,
      rep: d.rep,
      lock: d.lock,
      vector: row.unit === 'avx' ? { vvvv: d.vvvv, bytes: d.vectorLength } : undefined,
    };
    descriptions.push({ row, insn: new RecordedInsn(fields, address), way: undefined, address });
    return this.leaving(Micro.helper, descriptions.length - 1);
  }
  /** A helper's record that the interpreter tries to do without it: the block goes on behind. */
  private quick(d: Decoded, row: InsnRow, micro: number, plan?: RowPlan): false {
    const addressed = micro === Micro.invlpg || micro === Micro.loadMxcsr;
    if (addressed && plan) this.address(d, row, plan);
    const at = this.at;
    this.helper(d, row);
    this.leavingKind = false;
    this.memory.u16[(at + R.op) >> 1] = micro;
    this.set(at, R.disp, this.insnLength());
    if (micro === Micro.port) this.port(at, d, row);
    if (micro === Micro.controlRead) this.controlRead(at, d);
    if (micro === Micro.softwareInterrupt) this.set(at, R.a, d.immediate & 0xff);
    if (micro === Micro.segmentBase) this.segmentBase(at, d, row);
    if (micro === Micro.accessFlag) this.memory.u8[at + R.scale] = row.helper === 'stac' ? ACCESS_SET : 0;
    if (micro === Micro.addressSpace) this.set(at, R.b, gprSlot(d.rm));
    if (addressed) {
      this.set(at, R.b, this.baseSlot);
      this.set(at, R.x, this.indexSlot);
      this.memory.u8[at + R.scale] = d.scale;
      this.set(at, R.disp, this.displacement);
    }
    return false;
  }
  /** One that its block ends with: compiled code leaves there as at every helper. Where it may change how code is found, what follows is looked up. */
  private quickAlone(d: Decoded, row: InsnRow, plan: RowPlan): true {
    const micro = plan.quick!;
    if (!this.isUsual(d, micro)) return this.helper(d, row);
    this.quick(d, row, micro, plan);
    this.looksUp = micro === Micro.accessFlag || micro === Micro.addressSpace;
    return true;
  }
  private isUsual(d: Decoded, micro: number): boolean {
    if (!(this.mode & ModeBit.code64) || d.lock) return false;
    if (micro === Micro.loadMxcsr) return this.plainAddress(d);
    if (micro === Micro.addressSpace) return d.reg === 3;
    return micro !== Micro.popf || d.size === 8;
  }
  private segmentBase(at: number, d: Decoded, { helper }: InsnRow): void {
    this.set(at, R.a, gprSlot(d.rm));
    this.set(at, R.b, segmentBaseSlot(helper?.endsWith('gsbase') ? Seg.gs : Seg.fs));
    this.memory.u8[at + R.scale] = (helper?.startsWith('wr') ? BASE_WRITTEN : 0) | (d.size === 8 ? BASE_WIDE : 0);
  }
  /** An address that needs no record of its own. */
  private plainAddress(d: Decoded): boolean {
    const disp = d.ripRelative ? d.displacement + this.ipNext : d.displacement;
    return (this.mode & ModeBit.code64) !== 0 && d.hasMemory && d.addressSize === 8 && d.segment < Seg.fs && fits32(disp) && !d.lock;
  }
  private readsPlainly(d: Decoded): boolean {
    return (this.mode & ModeBit.code64) !== 0 && CONTROL_REGISTERS[d.reg] !== undefined && !d.lock;
  }
  private controlRead(at: number, d: Decoded): void {
    this.set(at, R.a, gprSlot(d.rm));
    this.set(at, R.b, STATE + CONTROL_REGISTERS[d.reg]!);
  }
  private undefinedInsn(): true {
    const at = this.at;
    this.leaving(Micro.fault, Vector.UD);
    this.memory.u16[(at + R.op) >> 1] = Micro.undefined;
    this.set(at, R.disp, this.insnLength());
    return true;
  }
  private port(at: number, d: Decoded, { helper }: InsnRow): void {
    this.set(at, R.a, helper?.endsWith('Dx') ? PORT_IN_DX : d.immediate & 0xff);
    this.memory.u8[at + R.scale] = Math.min(d.size, 4) | (helper?.startsWith('out') ? PORT_OUT : 0);
  }
  /** The same of one that is the last of its block. */
  private quickEnd(d: Decoded, row: InsnRow, micro: number): true {
    this.quick(d, row, micro);
    this.leavingKind = true;
    return true;
  }
  private insnLength(): number {
    let before = 0;
    for (let at = this.at - RECORD_SIZE; at >= this.start; at -= RECORD_SIZE)
      if (this.memory.u8[at + R.k] !== this.k) {
        before = this.memory.u16[(at + R.ipNext) >> 1]!;
        break;
      }
    return this.ipNext - before;
  }

  private addressSpec(d: Decoded, row: InsnRow): AddressSpec {
    const operand = row.operands.find((o) => o.kind === 'rm' || o.kind === 'm' || o.kind === 'xm' || o.kind === 'qm' || o.kind === 'moffs');
    const size = operand?.size;
    const image = typeof row.memoryBytes === 'object' ? row.memoryBytes[d.size === 2 ? 0 : 1] : row.memoryBytes;
    return {
      base: d.base,
      index: d.index,
      scale: d.scale,
      displacement: d.displacementHigh
        ? (BigInt(d.displacementHigh) << 32n) | BigInt(d.displacement >>> 0)
        : BigInt(this.isOffset(row) ? d.displacement >>> 0 : d.displacement),
      ripRelative: d.ripRelative,
      addressSize: d.addressSize,
      segment: d.segment,
      bytes: image ?? (typeof size === 'number' && size > 0 ? size : d.size),
      write: operand?.access === 'w' || operand?.access === 'rw',
      noSegment: row.noSegment === true,
      unchecked: operand?.access === 'n',
    };
  }
  private isOffset(row: InsnRow): boolean {
    return row.operands.some((o) => o.kind === 'moffs');
  }

  private fastString(d: Decoded): boolean {
    if (!(this.mode & ModeBit.flat) || d.addressSize === 2) return false;
    return d.segment < Seg.fs;
  }

  private emitted(d: Decoded, row: InsnRow, plan: RowPlan): void {
    let memory: MemoryForm = 'register';
    const addressed = d.hasMemory && !plan.touchesNothing;
    if (addressed) {
      this.address(d, row, plan);
      memory = this.indexSlot === Slot.zero ? 'base' : 'index';
    } else if (d.hasMemory) memory = 'base';
    const branch = plan.hasRel ? this.branchForm(d) : 'linked';
    const { number, fields } = plan.handler(d.size, memory, branch);
    const at = this.record(number);
    for (let i = 0; i < fields.length; i++) writeField(this.memory.i32, at, fields[i]!, d);
    if (addressed) {
      this.set(at, R.b, this.baseSlot);
      this.set(at, R.x, this.indexSlot);
      this.memory.u8[at + R.scale] = d.scale;
      this.set(at, R.disp, this.displacement);
    }
    if (plan.isX87) this.fpuPlace(at, d);
    if (plan.hasRel) this.branch(at, d, branch);
    if (plan.isString) {
      this.set(at, R.x, d.rep === 'none' ? Repeat.none : d.rep === 'rep' ? Repeat.whileEqual : Repeat.whileNotEqual);
      this.memory.u8[at + R.scale] = d.addressSize === 4 ? 1 : 0;
    }
    if (plan.leaves) this.leavingKind = true;
  }
  /** What the x87 unit remembers of its last instruction: opcode, segment and length; where the base of the operand's segment is. */
  private fpuPlace(at: number, d: Decoded): void {
    const opcode = ((d.opcode & 7) << 8) | d.modrm;
    this.set(at, R.link, opcode | (d.segment << 16) | (this.insnLength() << 24));
    const based = (this.mode & ModeBit.code64) === 0 || d.segment >= Seg.fs;
    this.set(at, R.imm, based ? segmentBaseSlot(d.segment) : Slot.zero);
  }
  private branchForm(d: Decoded): BranchForm {
    const target = (this.physical & 4095) + this.ipNext + d.immediate;
    const inPage = target >= 0 && target < 4096;
    return inPage || !(this.mode & ModeBit.flat) || d.operandSize === 2 ? 'linked' : 'looked-up';
  }
  private branch(at: number, d: Decoded, form: BranchForm): void {
    this.set(at, R.disp, this.ipNext + d.immediate);
    this.set(at, R.imm, form === 'linked' ? UNLINKED : 0);
    this.set(at, R.b, this.mode & ModeBit.code64 ? 8 : d.operandSize);
  }

  private emitGoto(offset: number): void {
    const inPage = (this.physical & 4095) + offset < 4096;
    const linked = (inPage && !this.looksUp) || !(this.mode & ModeBit.flat);
    // It is no instruction: its k is that of the next one, so that nothing is given back.
    this.ipNext = offset;
    const at = this.record(linked ? Micro.gotoLinked : Micro.gotoLookedUp);
    this.set(at, R.disp, offset);
    this.set(at, R.imm, linked ? UNLINKED : 0);
    this.set(at, R.b, this.mode & (ModeBit.code64 | ModeBit.code32) ? 8 : 2);
  }

  /** Code segments are never writable, flat or not. */
  private storesThroughCs(d: Decoded, row: InsnRow): boolean {
    return d.segment === Seg.cs && this.addressSpec(d, row).write;
  }

  /** Base, index and displacement that the instruction's record names; an address record goes before it where the plain sum is not the address. */
  private address(d: Decoded, row: InsnRow, plan: RowPlan): void {
    const { mode } = this;
    const code64 = (mode & ModeBit.code64) !== 0;
    const hasSegment = !plan.noSegment && d.segment >= Seg.fs;
    let disp = d.ripRelative ? d.displacement + this.ipNext : d.displacement;
    if (plan.isPop && d.base === 4) disp += d.size;
    const base = d.ripRelative ? Slot.ripBase : d.base < 0 ? Slot.zero : gprSlot(d.base);
    const index = d.index < 0 ? Slot.zero : gprSlot(d.index);
    const wide = d.addressSize === 8 && plan.isOffset && d.displacementHigh !== d.displacement >> 31;
    if (code64 && d.addressSize === 8 && !hasSegment && !wide && fits32(disp)) {
      this.baseSlot = base;
      this.indexSlot = index;
      this.displacement = disp;
      return;
    }
    let op: number = Micro.addressChecked;
    let segmentBase: number = Slot.zero;
    if (code64) {
      op = d.addressSize === 8 ? Micro.address64 : Micro.address32;
      if (hasSegment) segmentBase = segmentBaseSlot(d.segment);
    } else if (d.addressSize === 4 && (plan.noSegment || (mode & ModeBit.flat && !hasSegment && !this.storesThroughCs(d, row))))
      op = Micro.addressFlat32;
    const at = this.record(op);
    this.set(at, R.a, Slot.ea);
    this.set(at, R.b, base);
    this.set(at, R.x, index);
    this.memory.u8[at + R.scale] = d.scale;
    this.set(at, R.disp, disp | 0);
    this.set(at, R.imm, wide ? d.displacementHigh : disp < 0 ? -1 : Math.floor(disp / 0x1_0000_0000));
    this.set(at, R.link, segmentBase);
    if (op === Micro.addressChecked) {
      const spec = this.addressSpec(d, row);
      if (plan.isPop && d.base === 4) spec.displacement += BigInt(d.size);
      this.cache.descriptions.push({ row, insn: undefined, way: undefined, address: spec });
      this.set(at, R.link, this.cache.descriptions.length - 1);
    }
    this.baseSlot = Slot.ea;
    this.indexSlot = Slot.zero;
    this.displacement = 0;
  }
}
