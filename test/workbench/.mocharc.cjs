// The suites in a real workbench: each file with one server and one browser.
module.exports = {
  require: ['tsx/cjs'],
  extension: ['ts'],
  // Of a machine that has much else to do; what is waited for inside says sooner what is missing.
  timeout: 300000,
  reporter: 'spec',
};
