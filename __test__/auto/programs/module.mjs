import OpenAI from 'openai';
import { getPatchStatus } from 'warmline';
import { report } from './report.mjs';

await report(OpenAI, getPatchStatus);
