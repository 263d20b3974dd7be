// The handlers that stand in the interpreter's table, and the sequences that one handler runs: the most frequent ones, measured (see test/bench).
export const HOT: readonly string[] = [];
export const FUSED: readonly string[] = [];
