module.exports = {
  require: ['tsx/cjs'],
  extension: ['ts'],
  ignore: ['test/workbench/**', 'test/campaign/**'],
  timeout: 300000,
  reporter: 'dot',
};
