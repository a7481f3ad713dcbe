const { getPatchStatus } = require('warmline');
const { OpenAI } = require('openai');

import('./report.mjs').then(({ report }) => report(OpenAI, getPatchStatus));
