# Code with ORC entries written by hand: a call frame, an interrupt's registers, the end of a stack.
.text
.globl orc_call, orc_regs, orc_iret, orc_switch, orc_end, orc_after
orc_call: nop
orc_regs: nop
orc_iret: nop
orc_switch: nop
orc_end: nop
orc_after: nop

.macro entry place, sp, bp, registers, flags
  .pushsection .orc_unwind_ip, "a"
  .long \place - .
  .popsection
  .pushsection .orc_unwind, "a"
  .short \sp, \bp
  .byte \registers, \flags
  .popsection
.endm
# sp_reg in the low half: 5 is rsp, 4 rbp, 9 [rsp]; bp_reg in the high half: 1 is saved below the frame. type: 0 call, 1 registers, 2 iret; 4 is the end.
entry orc_call, 24, -16, 0x15, 0
entry orc_regs, 8, 0, 0x05, 1
entry orc_iret, 0, 0, 0x04, 2
entry orc_switch, 8, 0, 0x09, 0
entry orc_end, 0, 0, 0x05, 4
entry orc_after, 8, 0, 0x00, 0
