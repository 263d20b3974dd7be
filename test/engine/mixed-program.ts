// A program that does a little of everything: strings with and without repetition, page-crossing data and code, calls, flags, shifts, division, XMM, LOCK,
// a software interrupt; forty rounds, then HLT. Assembled from the listing below (GNU as, intel syntax).
//
//   start: mov rsp,0x80000; xor ebx,ebx; mov r12d,40
//   outer: lea rdi,[rip+0x7000]; mov esi,0x20000; mov ecx,17; cld; rep movsq; mov edi,0x22ff0; mov eax,0x1234; mov ecx,45; rep stosw
//          mov r8,0x30ffd; mov [r8],rbx; add rbx,[r8]; adc rbx,5; push rbx; call sub1; pop rdx; xor rbx,rdx; imul rbx,rbx,0x10dcd; mov ecx,ebx; and ecx,31
//          rol rbx,cl; bt rbx,3; setc al; movzx eax,al; add ebx,eax; cmp rbx,0x4000; jg 1f; neg rbx
//   1:     mov rax,rbx; xor edx,edx; mov ecx,77; div rcx; add rbx,rdx; movq xmm0,rbx; movups [0x31ff8],xmm0; paddq xmm0,xmm0; lock xadd [0x32000],rbx; jmp far_away
//   back:  int 0x40; pushfq; pop r9; add r10,r9; dec r12; jnz outer; hlt; jmp start
//   sub1:  mov rax,[rsp+8]; lea rax,[rax+rax*4+3]; mov [rsp+8],rax; test eax,1; jz 2f; inc dword [0x33000]; 2: ret
//   .org 0xffd
//   far_away: mov rax,0x1122334455667788; add rbx,rax; repne scasb; mov ecx,3; mov edi,0x20000; repe cmpsb; jmp back
//   handler (0x1101d): inc dword [0x34000]; push rax; mov rax,[rsp+8]; mov [0x34008],rax; pop rax; iretq
import type { BareMachine } from './bare-machine';

const HEAD =
  '48c7c40000080031db41bc28000000488d3d00700000be00000200b911000000fcf348a5bff02f0200b834120000b92d00000066f3ab49c7c0fd0f03004989184903184883d30553e8730000005a4831d34869dbcd0d010089d983e11f48d3c3480fbae3030f92c00fb6c001c34881fb004000007f0348f7db4889d831d2b94d00000048f7f14801d366480f6ec30f110425f81f0300660fd4c0f0480fc11c2500200300e9540f0000cd409c41594d01ca49ffcc0f8555fffffff4e940ffffff488b442408488d4480034889442408a9010000007407ff042500300300c3';
const TAIL = '48b888776655443322114801c3f2aeb903000000bf00000200f3a6e98cf0ffffff04250040030050488b44240848890425084003005848cf';
export const PROGRAM = 0x10000;
const FAR_AWAY = 0x10ffd;
export const HANDLER = 0x1101d;
const GDT = 0x5000;
export const IDT = 0x6000;

/** A 64-bit interrupt gate to `handler` in code segment 8. */
export function writeGate(machine: BareMachine, vector: number, handler: number, ist = 0): void {
  const gate = new Uint8Array(16);
  const view = new DataView(gate.buffer);
  view.setUint16(0, handler & 0xffff, true);
  view.setUint16(2, 8, true);
  gate[4] = ist;
  gate[5] = 0x8e;
  view.setUint16(6, handler >>> 16, true);
  machine.write(IDT + vector * 16, gate);
}

/** GDT (code 8, data 16) and an empty IDT of 256 gates. */
export function writeTables(machine: BareMachine, vcpu = 0): void {
  machine.write(GDT, '0000000000000000 ffff0000009baf00 ffff00000093cf00');
  const state = machine.engine.state(vcpu);
  state.setU64('gdtrBase', BigInt(GDT));
  state.setU32('gdtrLimit', 23);
  state.setU64('idtrBase', BigInt(IDT));
  state.setU32('idtrLimit', 0xfff);
}

/** Puts the program into a machine and vCPU 0 at its start. */
export function loadMixedProgram(machine: BareMachine): void {
  const state = machine.longMode();
  machine.write(PROGRAM, HEAD);
  machine.write(FAR_AWAY, TAIL);
  machine.write(
    0x20000,
    Array.from({ length: 4096 }, (_, i) => (i * 37 + (i >> 5)) & 255),
  );
  writeTables(machine);
  writeGate(machine, 0x40, HANDLER);
  state.setU64('rip', BigInt(PROGRAM));
}
