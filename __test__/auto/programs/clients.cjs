const { AnthropicBedrock } = require('@anthropic-ai/bedrock-sdk');
const { AnthropicVertex } = require('@anthropic-ai/vertex-sdk');
const { AzureOpenAI } = require('openai');
const { getPatchStatus } = require('warmline');

import('./clouds.mjs').then(({ reportClouds }) =>
  reportClouds({ AnthropicBedrock, AnthropicVertex, AzureOpenAI }, getPatchStatus),
);
