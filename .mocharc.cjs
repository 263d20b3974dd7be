module.exports = {
  require: ['tsx/cjs'],
  extension: ['ts'],
  spec: ['test/**/*.test.ts'],
  ignore: ['test/workbench/**', 'test/campaign/**'],
  timeout: 120000,
  reporter: 'dot',
};
