import { MESSAGE, STREAMED_MESSAGES, WHOLE_MESSAGE } from './bodies/anthropic.js';
import {
  anthropic0,
  messages,
  messagesHelper,
  messagesStreamed,
  STREAMS_OTHERWISE,
} from './drivers/anthropic.js';
import { givesTheSame, stopsTheSame, survivesTheSame, triesAgainTheSame } from './suites.js';

givesTheSame(
  anthropic0,
  [messagesStreamed, messagesHelper, ...STREAMS_OTHERWISE],
  STREAMED_MESSAGES,
);
survivesTheSame(anthropic0, [messagesStreamed, messagesHelper], MESSAGE);
stopsTheSame(anthropic0, [messagesStreamed, messagesHelper], MESSAGE);
triesAgainTheSame(anthropic0, [messagesStreamed], MESSAGE);
survivesTheSame(anthropic0, [messages], WHOLE_MESSAGE);
