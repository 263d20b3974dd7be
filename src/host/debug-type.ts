// The debugger type this extension contributes.
export const debugType = 'hyperscope';
