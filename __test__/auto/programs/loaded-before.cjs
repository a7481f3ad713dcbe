const { OpenAI } = require('openai');
require('warmline/auto');
const { getPatchStatus } = require('warmline');

import('./report.mjs').then(({ report }) => report(OpenAI, getPatchStatus));
