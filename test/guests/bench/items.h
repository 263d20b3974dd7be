/* The items: name, function, n (the fixed amount of work). */
#define ITEMS(X)                                                                                                       \
  X(core, w_core, 2000 * SCALE / DIVIDE)                                                                               \
  X(stream, w_stream, 8 * SCALE / DIVIDE)                                                                              \
  X(alias, w_alias, 1 * SCALE)                                                                                         \
  X(chase, w_chase, 4000000 * SCALE / DIVIDE)                                                                          \
  X(fib, w_fib, FIB)                                                                                                   \
  X(switch, w_switch, 2000000 * SCALE / DIVIDE)                                                                        \
  X(nbody, w_nbody, 200000 * SCALE / DIVIDE)                                                                           \
  X(wide, w_wide, 20000000 * SCALE / DIVIDE)
