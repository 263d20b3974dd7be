// Generates the interpreter: one WebAssembly function with a loop and a br_table over the hot handlers, and a function for every other one.
import type { Code, Local } from '../wasm/code';
import { ModuleBuilder } from '../wasm/module';
import { ARITHMETIC_FLAGS, buildFlagFunctions } from '../x86/emit/flags';
import { buildRuntime } from '../x86/emit/runtime';
import { RAM_BASE, S, STATE } from '../x86/layout';
import { buildAddBlock } from './decode/block-emitter';
import { buildGoOn } from './decode/go-on-emitter';
import { buildCommit, buildImmediateStore } from './decode/immediate-emitter';
import { buildDecode } from './decode/run-emitter';
import { buildSequences } from './decode/sequence-emitter';
import { buildAddressSpace } from './emit/address-space-emitter';
import { buildCpuid } from './emit/cpuid-emitter';
import { buildDelivery, type DeliveryKind } from './emit/delivery-emitter';
import { buildExitLook, buildPutOff, buildRefused, buildSampleExit } from './emit/exit-look-emitter';
import type { HandlerFrame, InterpreterFunctions } from './emit/handler-frame';
import { buildIret } from './emit/iret-emitter';
import { LocalPool } from './emit/local-pool';
import { buildLookInBlock, buildPassLook, buildTakeLook } from './emit/look-emitter';
import { emitAddress, emitLoop } from './emit/loop-emitter';
import { buildPopf } from './emit/popf-emitter';
import { buildPort } from './emit/port-emitter';
import { buildPause, buildQuick, QUICK_IN_LOOP } from './emit/quick-emitter';
import { RecordContext } from './emit/record-context';
import { buildStack } from './emit/stack-function';
import { buildSystemCall } from './emit/system-call-emitter';
import { buildAccessFlag, buildLoadMxcsr, buildProtectionKeys, buildSegmentBase, buildSwapGs } from './emit/system-emitter';
import { buildControlRead, buildInvlpg } from './emit/tlb-control-emitter';
import { buildFirstWrite } from './first-write';
import type { Form } from './forms';
import { buildFpuFunctions } from './fpu-functions';
import { type InterpreterForms, Micro } from './handlers';
import { buildOwnLines, buildTranslate, buildTranslateFast, emitDisown } from './jit/page-cache';
import { REGION_SLOTS } from './jit/regions';
import { buildProlong } from './jit/sample-log';
import { catalogueSection } from './pack-catalogue';
import { buildPageWalker, buildRearm } from './page-walker';
import { Exit } from './record';
import { buildSample } from './sample-emitter';
import { buildStrings } from './strings';
import { buildAccess, buildIsLive, buildLookup, buildStraddle } from './tlb-functions';

export interface InterpreterImports {
  /** Host address for an access that the fast TLB does not cover; 0 leaves at the record (fault, device, code). */
  access(lo: number, hi: number, info: number, record: number): number;
  commit(record: number): void;
  raise(vector: number, record: number): void;
  /** Stack access outside flat modes. */
  stackSlow(offset: number, info: number, record: number): number;
  /** Effective address with segment checks, into the record's slot; 0 leaves. */
  segmentAddress(record: number): number;
  /** Second page of an instruction that crosses pages; 0 leaves. */
  straddle(record: number): number;
  /** Vector operation by number and bytes: destination, sources (offsets), immediate; 0 leaves with an exception pending. */
  vector(operation: number, destination: number, source1: number, source2: number, immediate: number): number;
  /** x87 operation by number (see run/fpu-calls.ts). */
  fpuCall(record: number, operation: number, argument: number): number;
  /**
   * A record that TypeScript runs: 0 leaves at it; else it has been run, and the result is the record to go on at, with FAST_TLB, or with IN_PLACE_LEAVES how
   * to leave.
   */
  inPlace(record: number): number;
  /** A branch that would leave (`Exit`, with its record) because the block it goes to was not known, and is not to be had without TypeScript (decode/go-on-emitter.ts):
   * that block's record, paid for, or 0 leaves. */
  goOn(exit: number): number;
  /** Gives the log of exits (EXIT_LOG) to the host, and empties it. */
  handOver(): void;
}

export interface InterpreterExports {
  /** (record, tlb) → exit. */
  enter(record: number, tlb: number): number;
  materialiseFlags(): void;
  /** The page walker (page-walker.ts): (MMU index, address, Want) → 1 with the running vCPU's TLB filled, or 0. */
  walk(mmu: number, lo: number, hi: number, want: number): number;
  /** A sample (sample-emitter.ts): (offset of the vCPU's state, most bytes of the stack, where to, bytes that RIP is to lie before where it is) → how many there are, or below 0. */
  sample(state: number, most: number, to: number, back: number): number;
  /** The decoder (decode/run-emitter.ts, decode/sequence-emitter.ts). */
  decode(place: number, at: number, offset: number, count: number): number;
  finishBlock(record: number, end: number, count: number): void;
  /** A block becomes one that is found (decode/block-emitter.ts). */
  addBlock(header: number, end: number, count: number, physical: number, mode: number, bytes: number): void;
}

function buildReplaceFlags(module: ModuleBuilder, materialise: number): number {
  const { index, code: f } = module.func(['i64', 'i32'], []);
  const [value, mask] = [0, 1];
  f.get(mask).i32(ARITHMETIC_FLAGS).op('i32.and').i32(ARITHMETIC_FLAGS).op('i32.ne').if();
  f.call(materialise);
  f.else();
  f.i32(0)
    .i32(0)
    .mem('i32.store', STATE + S.ccOp);
  f.end();
  f.i32(0)
    .i32(0)
    .mem('i32.load', STATE + S.rflags)
    .get(mask)
    .i32(-1)
    .op('i32.xor', 'i32.and');
  f.get(value)
    .op('i32.wrap_i64', 'i32.or')
    .mem('i32.store', STATE + S.rflags);
  return index;
}

export function buildInterpreter(catalogue: InterpreterForms, shared: boolean): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  // Any memory that has the engine's part fits, so that one module serves every VM.
  module.importMemory('engine', 'memory', RAM_BASE / 0x1_0000, 0x1_0000, shared);
  const imported = (name: keyof InterpreterImports, parameters: number, result: boolean): number =>
    module.importFunc(
      'engine',
      name,
      Array.from({ length: parameters }, () => 'i32' as const),
      result ? ['i32'] : [],
    );
  const accessImport = imported('access', 4, true);
  const commitImport = imported('commit', 1, false);
  const raise = imported('raise', 2, false);
  const stackSlow = imported('stackSlow', 3, true);
  const segmentAddress = imported('segmentAddress', 1, true);
  const straddleImport = imported('straddle', 1, true);
  const vector = imported('vector', 5, true);
  const fpuCall = imported('fpuCall', 3, true);
  const inPlace = imported('inPlace', 1, true);
  const goOnImport = imported('goOn', 1, true);
  const handOver = imported('handOver', 0, false);

  const flags = buildFlagFunctions(module);
  const runtime = buildRuntime(module);
  const walk = buildPageWalker(module);
  const rearm = buildRearm(module);
  const commit = buildCommit(module, commitImport);
  const immediate = buildImmediateStore(module);
  const access = buildAccess(module, { walk, rearm, firstWrite: buildFirstWrite(module), immediate, slow: accessImport });
  const finding = { walk, rearm, isLive: buildIsLive(module) };
  const prolong = buildProlong(module);
  const functions: InterpreterFunctions = {
    flags,
    runtime,
    access,
    commit,
    lookup: buildLookup(module, finding, false),
    lookupFrom: buildLookup(module, finding, true),
    raise,
    stack: buildStack(module, access, stackSlow),
    replaceFlags: buildReplaceFlags(module, flags.materialise),
    pause: buildPause(module),
    vector,
    fpuCall,
    fpu: buildFpuFunctions(module),
    strings: buildStrings(module, { access, commit, flagE: flags.test.e, prolong }),
  };

  for (const [name, index] of Object.entries(regionExports(functions))) module.export(name, index);
  const straddle = buildStraddle(module, straddleImport);
  module.export('straddle', straddle);
  const ownLines = buildOwnLines(module);
  module.export('ownLines', ownLines);
  module.export('translate', buildTranslate(module, access, ownLines));
  module.export('translateFast', buildTranslateFast(module));
  const ownType = module.type(['i32', 'i32'], ['i32']);
  // By number of handlers behind the micro-records. A sequence is no record's own handler: something stands in its place.
  const own: number[] = [];
  for (const forms of [...catalogue.hot, ...catalogue.cold]) own.push(forms.length === 1 ? emitOwn(module, forms[0]!, functions) : own[0]!);
  module.table(own, REGION_SLOTS, 'regions');

  const cpuid = buildCpuid(module, handOver);
  const port = buildPort(module, handOver);
  for (const micro of QUICK_IN_LOOP) module.export(`quick${micro}`, buildQuick(module, micro));
  const plain = new Map([
    [Micro.cpuid, cpuid],
    [Micro.port, port],
    [Micro.invlpg, buildInvlpg(module)],
    [Micro.controlRead, buildControlRead(module)],
  ] as [number, number][]);
  for (const [micro, index] of plain) module.export(`quick${micro}`, index);
  const transfers = { lookup: functions.lookup, rearm, walk };
  const delivered = (kind: DeliveryKind): number => buildDelivery(module, { ...transfers, materialise: flags.materialise, handOver, kind });
  const deliveries = new Map([
    [Micro.undefined, delivered('undefined')],
    [Micro.vmcall, delivered('hypercall')],
    [Micro.softwareInterrupt, delivered('software')],
    [Micro.systemCall, buildSystemCall(module, { ...transfers, materialise: flags.materialise }, false)],
    [Micro.systemReturn, buildSystemCall(module, { ...transfers, materialise: flags.materialise }, true)],
  ] as [number, number][]);
  const iret = buildIret(module, transfers);
  const decoding = { decode: buildDecode(module), finishBlock: buildSequences(module), addBlock: buildAddBlock(module) };
  const sample = buildSample(module);
  const passLook = buildPassLook(module);
  const takeLook = buildTakeLook(module, sample, passLook);
  const looking = { sampleExit: buildSampleExit(module, sample), passLook, putOff: buildPutOff(module) };
  const exitLooks = new Map([
    [Micro.cpuid, buildExitLook(module, { quick: cpuid, name: 'cpuid', ...looking })],
    [Micro.port, buildExitLook(module, { quick: port, name: 'io', ...looking })],
  ] as [number, number][]);
  for (const [micro, look] of exitLooks) plain.set(micro, look);
  const address = (f: Code, record: Local): void => emitAddress(f, record, 'flat64');
  const lookInBlock = buildLookInBlock(module, { ownType, address }, takeLook);
  const goOn = buildGoOn(module, decoding, { takeLook, lookInBlock }, prolong, goOnImport);
  plain.set(Micro.swapGs, buildSwapGs(module));
  plain.set(Micro.segmentBase, buildSegmentBase(module));
  plain.set(Micro.protectionKeys, buildProtectionKeys(module));
  const reading = new Map([
    [Micro.loadMxcsr, buildLoadMxcsr(module, transfers)],
    [Micro.popf, buildPopf(module, transfers)],
  ] as [number, number][]);
  const contexts = new Map([
    [Micro.accessFlag, buildAccessFlag(module)],
    [Micro.addressSpace, buildAddressSpace(module)],
  ] as [number, number][]);
  const { index: run, code: f } = module.func(['i32', 'i32'], ['i32']);
  const pageFault = delivered('page-fault');
  emitLoop(f, catalogue, functions, {
    ownType,
    segmentAddress,
    straddle,
    inPlace,
    goOn,
    refused: buildRefused(module, exitLooks),
    plain,
    reading,
    contexts,
    deliveries,
    pageFault,
    accessImport,
    iret,
  });
  const { code: enter } = module.func(['i32', 'i32'], ['i32'], 'enter');
  // What TypeScript has done to the TLB since is not known.
  emitDisown(enter);
  enter.get(0).get(1).call(run).call(flags.materialise);
  const code = module.build();
  const section = catalogueSection(catalogue.packed);
  const bytes = new Uint8Array(code.length + section.length);
  bytes.set(code);
  bytes.set(section, code.length);
  return bytes;
}

/** Functions that compiled regions import, by the names they use. */
function regionExports(functions: InterpreterFunctions): Record<string, number> {
  const { access, commit, raise, vector, fpuCall, fpu, pause, lookup, stack, replaceFlags, strings, runtime, flags } = functions;
  const tests = Object.fromEntries(Object.entries(flags.test).map(([name, index]) => [`test_${name}`, index]));
  return { access, commit, raise, vector, fpuCall, ...fpu, pause, lookup, stack, replaceFlags, ...strings, ...runtime, ...tests };
}

function emitOwn(module: ModuleBuilder, form: Form, functions: InterpreterFunctions): number {
  const { index, code: f } = module.func(['i32', 'i32'], ['i32']);
  const frame: HandlerFrame = {
    f,
    pool: new LocalPool(f),
    record: 0,
    tlb: 1,
    functions,
    leave: () => f.i32(Exit.flag).op('i32.or', 'return'),
    dispatch: () => f.op('return'),
  };
  new RecordContext(frame).emitHandler([form]);
  f.op('unreachable');
  return index;
}
