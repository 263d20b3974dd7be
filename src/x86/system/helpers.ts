// The helpers of system instructions by the names that rows use.
import type { Helper } from '../cpu';
import * as control from './control-registers';
import * as debug from './debug-registers';
import * as call from './far-call';
import * as jump from './far-jump';
import { retFar } from './far-return';
import * as flags from './flag-ops';
import * as environment from './fpu-environment';
import * as fx from './fx-state';
import { invpcid } from './invpcid';
import * as io from './io';
import { iret } from './iret';
import { maskmovq } from './mask-move-mmx';
import { monitor, mwait } from './monitor';
import * as segment from './mov-segment';
import * as msr from './msr-access';
import * as processor from './processor';
import { rdpkru, wrpkru } from './protection-keys';
import { rdrand, rdseed } from './random';
import * as checks from './selector-checks';
import * as software from './software-interrupt';
import * as sys from './syscall';
import * as table from './table-registers';
import * as xstate from './xsave';

const { movToCr, movFromCr, lmsw, smsw, clts } = control;
const { movToDr, movFromDr } = debug;
const { callFarDirect, callFarIndirect } = call;
const { jmpFarDirect, jmpFarIndirect } = jump;
const { cli, sti, pushf, popf, clac, stac } = flags;
const { fxsave, fxrstor, ldmxcsr, stmxcsr } = fx;
const { fldenv, fnstenv, frstor, fnsave, fninit, fnclex } = environment;
const { inImmediate, inDx, outImmediate, outDx, ins, outs } = io;
const { movToSegment, popEs, popSs, popDs, popFs, popGs, les, lds, lfs, lgs, lss } = segment;
const { rdmsr, wrmsr, rdtsc, rdtscp, rdpmc, swapgs, rdfsbase, rdgsbase, wrfsbase, wrgsbase } = msr;
const { hlt, cpuid, vmcall, vmmcall, invlpg, invd, wbinvd, rsm } = processor;
const { xsave, xsaveopt, xsavec, xrstor, xgetbv, xsetbv } = xstate;
const { lar, lsl, verr, verw, arpl } = checks;
const { intN, int3, int1, into } = software;
const { syscall, sysret, sysenter, sysexit } = sys;
const { lgdt, lidt, sgdt, sidt, lldt, ltr, sldt, str } = table;

export const SYSTEM_HELPERS = {
  ...{ movToCr, movFromCr, lmsw, smsw, clts, movToDr, movFromDr },
  ...{ callFarDirect, callFarIndirect, jmpFarDirect, jmpFarIndirect, retFar, iret },
  ...{ intN, int3, int1, into, syscall, sysret, sysenter, sysexit },
  ...{ cli, sti, pushf, popf, clac, stac },
  ...{ movToSegment, popEs, popSs, popDs, popFs, popGs, les, lds, lfs, lgs, lss },
  ...{ lgdt, lidt, sgdt, sidt, lldt, ltr, sldt, str, lar, lsl, verr, verw, arpl },
  ...{ rdmsr, wrmsr, rdtsc, rdtscp, rdpmc, swapgs, rdfsbase, rdgsbase, wrfsbase, wrgsbase },
  ...{ hlt, cpuid, vmcall, vmmcall, invlpg, invd, wbinvd, rsm },
  ...{ monitor, mwait, invpcid, rdpkru, wrpkru, rdrand, rdseed },
  ...{ xsave, xsaveopt, xsavec, xrstor, xgetbv, xsetbv },
  ...{ inImmediate, inDx, outImmediate, outDx, ins, outs },
  ...{ fxsave, fxrstor, ldmxcsr, stmxcsr, fldenv, fnstenv, frstor, fnsave, fninit, fnclex, maskmovq },
} as const satisfies Record<string, Helper>;
