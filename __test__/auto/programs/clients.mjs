import { AnthropicBedrock } from '@anthropic-ai/bedrock-sdk';
import { AnthropicVertex } from '@anthropic-ai/vertex-sdk';
import { AzureOpenAI } from 'openai';
import { getPatchStatus } from 'warmline';
import { reportClouds } from './clouds.mjs';

await reportClouds({ AnthropicBedrock, AnthropicVertex, AzureOpenAI }, getPatchStatus);
