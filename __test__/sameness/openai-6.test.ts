import { openai6 } from './drivers/openai.js';
import { olderOpenaiIsTheSame } from './older-openai.js';

olderOpenaiIsTheSame(openai6);
