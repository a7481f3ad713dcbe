import { openai4 } from './drivers/openai.js';
import { olderOpenaiIsTheSame } from './older-openai.js';

olderOpenaiIsTheSame(openai4);
