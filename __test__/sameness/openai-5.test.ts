import { openai5 } from './drivers/openai.js';
import { olderOpenaiIsTheSame } from './older-openai.js';

olderOpenaiIsTheSame(openai5);
