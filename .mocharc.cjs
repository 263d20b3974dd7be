module.exports = {
  require: ['tsx/cjs'],
  extension: ['ts'],
  ignore: ['test/workbench/**', 'test/campaign/**'],
  timeout: 120000,
  reporter: 'dot',
};
