// A Node of before `module.registerHooks`.
const module_ = require('node:module');

delete module_.registerHooks;
module_.syncBuiltinESMExports();
