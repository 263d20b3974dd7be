// As much of Linux as the debugger looks at, with contents known to the tests: tasks, a module, a log, per-CPU data. Names as in Linux 6.1.
typedef unsigned long u64;
typedef unsigned int u32;
struct list_head { struct list_head *next, *prev; };
struct thread_info { u64 flags; u32 status; u32 cpu; };
struct thread_struct { u64 tls; u64 sp; };
struct signal_struct { int live; struct list_head thread_head; };
struct mm_struct { int mm_users; u64 *pgd; };
struct task_struct {
  struct thread_info thread_info;
  u32 __state;
  struct list_head tasks;
  int exit_state;
  int pid, tgid;
  struct task_struct *real_parent;
  struct list_head thread_node;
  char comm[16];
  u32 flags;
  struct signal_struct *signal;
  struct mm_struct *mm;
  struct thread_struct thread;
};
struct orc_entry { short sp_offset, bp_offset; unsigned sp_reg : 4, bp_reg : 4, type : 2, end : 1; } __attribute__((packed));

const char linux_banner[] = "Linux version 6.1.0-test (nobody) #1";

#define PERCPU __attribute__((section(".data..percpu")))
extern struct task_struct init_task, shell, helper, worker;
PERCPU u64 filler = 7;
PERCPU struct task_struct *current_task = &shell;
PERCPU u32 counter = 41;
u64 __per_cpu_offset[2];

struct signal_struct init_signals = { 1, { &init_task.thread_node, &init_task.thread_node } };
struct signal_struct shell_signals = { 2, { &shell.thread_node, &helper.thread_node } };
struct signal_struct worker_signals = { 1, { &worker.thread_node, &worker.thread_node } };

u64 worker_stack[8] = { 15, 14, 13, 12, 3, 0, 0, 0 };

struct task_struct init_task = {
  .tasks = { &shell.tasks, &worker.tasks }, .real_parent = &init_task, .comm = "swapper/0", .flags = 0x200000,
  .thread_node = { &init_signals.thread_head, &init_signals.thread_head }, .signal = &init_signals };
u64 shell_pgd[512] __attribute__((aligned(8192))) = { 1 };
struct mm_struct shell_mm = { 2, shell_pgd };
struct task_struct shell = {
  .mm = &shell_mm,
  .tasks = { &worker.tasks, &init_task.tasks }, .pid = 10, .tgid = 10, .real_parent = &init_task, .comm = "sh", .__state = 0,
  .thread_node = { &helper.thread_node, &shell_signals.thread_head }, .signal = &shell_signals };
struct task_struct helper = {
  .mm = &shell_mm,
  .pid = 11, .tgid = 10, .real_parent = &init_task, .comm = "helper", .__state = 1,
  .thread_node = { &shell_signals.thread_head, &shell.thread_node }, .signal = &shell_signals };
struct task_struct worker = {
  .thread_info = { 0, 0, 1 }, .tasks = { &init_task.tasks, &shell.tasks }, .pid = 20, .tgid = 20, .real_parent = &shell,
  .comm = "kworker/1:0", .__state = 0x402, .flags = 0x200000, .thread = { 0, (u64)worker_stack },
  .thread_node = { &worker_signals.thread_head, &worker_signals.thread_head }, .signal = &worker_signals };

// Modules
struct attribute { const char *name; };
struct bin_attribute { struct attribute attr; u64 size; };
struct module_sect_attr { struct bin_attribute battr; u64 address; };
struct module_sect_attrs { u64 grp; u32 nsections; struct module_sect_attr attrs[2]; };
struct module_layout { void *base; u32 size; };
struct module {
  int state; struct list_head list; char name[56]; struct module_layout core_layout; struct module_sect_attrs *sect_attrs; };
extern struct list_head modules;
struct module_sect_attrs loop_sections = { 0, 2, { { { { ".text" }, 0 }, 0xffffffffc0000000 }, { { { ".init.text" }, 0 }, 0xffffffffc0010000 } } };
struct module loop = { 0, { &modules, &modules }, "loop", { (void *)0xffffffffc0000000, 0x5000 }, &loop_sections };
struct list_head modules = { &loop.list, &loop.list };

// The log: four descriptors of which three are used, the last wrapped around the end of the text ring.
typedef struct { long counter; } atomic_long_t;
struct prb_data_blk_lpos { u64 begin, next; };
struct prb_desc { atomic_long_t state_var; struct prb_data_blk_lpos text_blk_lpos; };
struct printk_info { u64 seq, ts_nsec; unsigned short text_len; unsigned char facility, flags : 5, level : 3; u32 caller_id; };
struct prb_data_ring { u32 size_bits; char *data; atomic_long_t head_lpos, tail_lpos; };
struct prb_desc_ring { u32 count_bits; struct prb_desc *descs; struct printk_info *infos; atomic_long_t head_id, tail_id; };
struct printk_ringbuffer { struct prb_desc_ring desc_ring; struct prb_data_ring text_data_ring; };
#define FINALIZED (2ul << 62)
#define REUSABLE (3ul << 62)
char log_text[64] = "\1\0\0\0\0\0\0\0wrapped" "\0" "\2\0\0\0\0\0\0\0first line\0\0\0\0\0\0";
struct prb_desc log_descs[4] = {
  { { FINALIZED | 4 }, { 1, 1 } }, { { FINALIZED | 5 }, { 56, 64 + 16 } }, { { REUSABLE | 2 }, { 0, 0 } }, { { FINALIZED | 3 }, { 16, 48 } } };
struct printk_info log_infos[4] = {
  { 4, 2000000000, 0, 0, 0, 4 }, { 5, 3000000000, 7, 0, 0, 6 }, { 2, 0, 0, 0, 0, 0 }, { 3, 1000000000, 10, 0, 0, 3 } };
struct printk_ringbuffer ring = { { 2, log_descs, log_infos, { 5 }, { 2 } }, { 6, log_text, { 80 }, { 16 } } };
struct printk_ringbuffer *prb = &ring;

struct orc_entry *orc_type;

__attribute__((noinline)) void do_init_module(struct module *mod) { mod->state = 0; }
__attribute__((noinline)) int deep(int x) { return x * 3 + counter; }
void start_kernel(void) { for (;;) do_init_module(&loop), counter = deep(counter); }
