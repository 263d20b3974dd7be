// The suites in a real workbench: one after the other, each with one server and one browser.
module.exports = {
  require: ['tsx/cjs'],
  extension: ['ts'],
  timeout: 120000,
  reporter: 'spec',
};
