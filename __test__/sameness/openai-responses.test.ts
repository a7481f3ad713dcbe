import { RESPONSE, RESPONSES, WHOLE_RESPONSE } from './bodies/openai-responses.js';
import { openai, responses, responsesHelper, responsesStreamed } from './drivers/openai.js';
import { givesTheSame, stopsTheSame, survivesTheSame } from './suites.js';

givesTheSame(openai, [responsesStreamed, responsesHelper], RESPONSES);
survivesTheSame(openai, [responsesStreamed, responsesHelper], RESPONSE);
stopsTheSame(openai, [responsesStreamed, responsesHelper], RESPONSE);
givesTheSame(openai, [responses], { 'a whole response': WHOLE_RESPONSE });
