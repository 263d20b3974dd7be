// Where test programs are that run into missing pages, and the #PF handler that makes each present.
export const CODE = 0x10000;
export const HANDLER = 0x11000;
/** push rax; push rcx; mov rax,cr2; inc dword [0x34000]; mov [0x34008],rax; mov rcx,[rsp+24]; add [0x34010],rcx; mov ecx,eax; shr ecx,12; and ecx,511;
 * or qword [rcx*8+0x8000],3; invlpg [rax]; pop rcx; pop rax; add rsp,8; iretq */
export const MAKE_PRESENT =
  '50510f20d0ff0425004003004889042508400300488b4c241848010c251040030089c1c1e90c81e1ff01000048830ccd00800000030f013859584883c40848cf';
export const PD = 0x3000;
export const PT = 0x8000;
