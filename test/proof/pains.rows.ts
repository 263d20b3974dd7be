// What hurts with an emulator, gdb and an editor, as their issue trackers say again and again, and the tests that show it gone here.

export interface PainRow {
  readonly pain: string;
  readonly ours: string;
  /** Test file → parts of titles in it. */
  readonly shownBy: Readonly<Record<string, readonly string[]>>;
}

export const PAINS: readonly PainRow[] = [
  {
    pain: '"Remote \'g\' packet reply is too long" at the switch to long mode',
    ours: 'one register file for all modes; stepping goes through the switch',
    shownBy: {
      'test/proof/pains.test.ts': ['steps through the switch to long mode'],
      'test/gdb/session.test.ts': ['describes one 64-bit target', '16-bit code: IP is RIP as it is'],
      'test/gdb/real-gdb.test.ts': ['a 32-bit guest: breakpoints, registers, steps and variables'],
    },
  },
  {
    pain: 'breakpoints that are ignored before paging, or lost when the loader copies the kernel; "use hbreak"',
    ours: 'breakpoints are in the engine: by symbol, virtual, linear or physical address, before the code is there',
    shownBy: {
      'test/debug/unwinder.test.ts': ['breakpoints hit at the physical address before paging, at the linked one after'],
      'test/debug/linux/decompressor.test.ts': ['breakpoints at its entry and where it writes the kernel, then start_kernel'],
      'test/dap/data-breakpoints.test.ts': ['console: physical places, one address space'],
    },
  },
  {
    pain: 'KASLR: the breakpoint is never hit',
    ours: 'where the kernel is, is found by itself',
    shownBy: { 'test/debug/linux/linux.test.ts': ['is found wherever KASLR may have put it', 'of a kernel of another build is refused'] },
  },
  {
    pain: 'symbols of modules: add-symbol-file for each section',
    ours: 'modules are found in guest memory, their symbols in the usual places',
    shownBy: {
      'test/debug/linux/linux.test.ts': ['lists modules and where their sections are'],
      'test/debug/linux/module-files.test.ts': ['is the first of several folders'],
      'test/symbols/symbol-set.test.ts': ['answers at the addresses its sections were given'],
      'test/dap/told-sources.test.ts': ['become more with symbols that come later'],
    },
  },
  {
    pain: 'a step lands in the timer interrupt',
    ours: 'a step keeps to its thread; a setting steps into interrupts',
    shownBy: {
      'test/debug/stepping.test.ts': [
        'does not fall into interrupts, whichever instruction they hit',
        'falls into interrupts where it is told to',
      ],
      'test/gdb/session.test.ts': ['a step goes over interrupts'],
    },
  },
  {
    pain: 'stepping one vCPU moves the others',
    ours: 'a step runs the normal schedule and changes nothing in the history; "this vCPU only" is a choice',
    shownBy: {
      'test/proof/invisible.test.ts': ['all of it together'],
      'test/dap/single-thread.test.ts': ['the others do not move, and afterwards all do'],
    },
  },
  {
    pain: "the guest's own int3 and debug registers collide with the debugger's",
    ours: 'neither is used',
    shownBy: {
      'test/proof/pains.test.ts': ["leaves code and debug registers the guest's own"],
      'test/proof/invisible.test.ts': ['all of it together'],
    },
  },
  {
    pain: 'no CR, MSR, segment or descriptor registers',
    ours: 'all of them, decoded and editable',
    shownBy: {
      'test/dap/registers.test.ts': [
        'groups: general, flags, segments, control, MSRs',
        'shows and sets the bits of control registers',
        'hidden parts of segments',
      ],
      'test/dap/descriptors.test.ts': ['break on a vector, exception or interrupt'],
    },
  },
  {
    pain: 'page tables that nobody can read',
    ours: 'a panel: walk, map, aliases, permissions, changes since the last stop',
    shownBy: {
      'test/workbench/browser/panel-tools.test.ts': [
        'shows the map: unsafe mappings, aliases, and what a stop has changed',
        'compares two address spaces',
      ],
      'test/dap/trace-lists.test.ts': ['read page tables other than those in CR3'],
    },
  },
  {
    pain: 'which process is this? A breakpoint in another address space',
    ours: 'breakpoints of one address space; the current task of a Linux guest',
    shownBy: {
      'test/dap/memory-panel.test.ts': ['break in other page tables only while they are those of the vCPU'],
      'test/workbench/browser/assembly.test.ts': ['breaks on a line in this address space'],
      'test/debug/linux/linux.test.ts': ['knows the current task, in the kernel and in user mode'],
    },
  },
  {
    pain: 'reverse debugging needs preparation, replay files and many passes',
    ours: 'step back, reverse continue, "who wrote this?", always',
    shownBy: {
      'test/dap/time-travel.test.ts': ['steps back line by line', 'and says who wrote'],
      'test/workbench/browser/past.test.ts': ['goes to who wrote a variable last', 'asks once before typing changes the past'],
    },
  },
  {
    pain: 'hypercall tracing: "no support for that right now"',
    ours: 'hypercalls are traced, decoded, filtered, broken on and timed',
    shownBy: {
      'test/workbench/browser/first-f5.test.ts': [
        'stops on a hypercall ticked in the side bar, with its arguments',
        'shows the hypercall and where it is called from',
      ],
      'test/dap/trace-lists.test.ts': ['numbers the rows that match, by name, latency'],
    },
  },
  {
    pain: 'steal time: "test two guests on one CPU, about 50 %"',
    ours: 'a graph that shows it, and a proof',
    shownBy: {
      'test/proof/steal.test.ts': ['steal in the guest, in run states and in the panel'],
      'test/guests/kernel.test.ts': ["the guest's area, the run states and the formula agree within 1 %"],
    },
  },
  {
    pain: 'memory at any address, register or expression in a hex view',
    ours: 'memory references everywhere, and a Memory panel',
    shownBy: {
      'test/dap/memory-panel.test.ts': ['find an address by number, register, symbol, expression'],
      'test/workbench/browser/panel-tools.test.ts': ['completes registers, symbols and hypercalls in its inputs'],
    },
  },
  {
    pain: 'disassembly asks on every step, and cannot scroll before a bad address',
    ours: 'disassembly with symbols and source, in both directions',
    shownBy: {
      'test/dap/session.test.ts': ['disassembles in both directions, exactly as many as asked for'],
      'test/debug/listing.test.ts': ['goes on before the first byte that can be read'],
      'test/dap/sources.test.ts': ['an image whose sources are not here shows disassembly'],
    },
  },
];
