// The layers of src/: each folder names what it may import. Rows files are data and may be imported from everywhere.
const layers = {
  base: [],
  trace: ['base'],
  formats: ['base'],
  wasm: ['base'],
  x86: ['base', 'trace', 'wasm'],
  engine: ['base', 'trace', 'wasm', 'x86'],
  devices: ['base', 'trace'],
  pv: ['base', 'trace', 'x86', 'devices/ports'],
  boot: ['base', 'formats', 'x86', 'devices/ports'],
  machine: ['base', 'trace', 'formats', 'wasm', 'x86', 'engine', 'devices', 'pv', 'boot'],
  'user-cache': [],
  symbols: ['base', 'formats', 'user-cache'],
  debug: ['base', 'formats', 'machine/control', 'symbols', 'native-code/(load-module|kept-modules)'],
  gdb: ['base', 'debug', 'machine/control'],
  protocol: ['base'],
  dap: ['base', 'trace', 'debug', 'gdb', 'protocol', 'symbols', 'machine/control'],
  host: ['base', 'protocol', 'dap', 'views'],
  cli: ['base', 'trace', 'formats', 'protocol', 'dap', 'debug', 'gdb', 'symbols', 'machine', 'x86', 'engine'],
  launcher: ['user-cache'],
  'native-code': ['user-cache', 'launcher/v8-flags'],
};
const rowsFiles = '(^|/)rows(/|\\.ts$)|\\.rows\\.ts$';
const forbidden = Object.entries(layers).map(([layer, may]) => ({
  name: `layer-${layer}`,
  comment: `src/${layer} may import only: ${[layer, ...may].join(', ')}`,
  severity: 'error',
  from: { path: `^src/${layer}/` },
  to: { path: '^src/', pathNot: [`^src/(${[layer, ...may].join('|')})(/|\\.ts$)`, rowsFiles] },
}));
const core = '^src/(base|trace|formats|wasm|x86|engine|devices|pv|boot|machine)/';
forbidden.push(
  { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
  {
    name: 'core-no-node',
    comment: 'the core runs in Node, in a worker and in a browser',
    severity: 'error',
    from: { path: core },
    to: { dependencyTypes: ['core'] },
  },
  { name: 'core-no-packages', severity: 'error', from: { path: '^src/(base|trace|wasm|x86|engine|devices|pv|boot|machine)/' }, to: { path: 'node_modules' } },
  {
    name: 'vscode-only-in-glue',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/(host/|views/[^/]+/provider\\.ts$|views/kit/host/|extension\\.ts$)' },
    to: { path: '^(vscode$|node_modules/@types/vscode)' },
  },
  {
    name: 'views-model-protocol',
    severity: 'error',
    from: { path: '^src/views/[^/]+/(model|protocol)' },
    to: { path: '^src/', pathNot: ['^src/base/', '^src/protocol/', '^src/views/', rowsFiles] },
  },
  {
    name: 'views-client',
    comment: 'a client imports its own folder and the kit',
    severity: 'error',
    from: { path: '^src/views/([^/]+)/client' },
    to: { path: '^src/', pathNot: ['^src/views/$1/', '^src/views/kit/', '^src/base/', '^src/protocol/', rowsFiles] },
  },
);
module.exports = {
  forbidden,
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|out)/' },
  },
};
