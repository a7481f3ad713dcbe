import { BODIES } from '../patch/openai-bodies.js';
import { CHAT, CHATS, HUGE_CHATS, WHOLE_CHAT, WHOLE_CHATS } from './bodies/openai-chat.js';
import {
  chat,
  chatHelper,
  chatStreamed,
  openai,
  STREAMS_OTHERWISE,
  WHOLES,
} from './drivers/openai.js';
import { piece, stream } from './script.js';
import { givesTheSame, stopsTheSame, survivesTheSame, triesAgainTheSame } from './suites.js';

/** What servers send, or should not, whatever the API. */
const ODD = Object.fromEntries(
  Object.entries(BODIES).map(([name, body]) => [`${name}, at once`, stream(piece(body))]),
);

givesTheSame(openai, [chatStreamed, chatHelper, ...STREAMS_OTHERWISE], CHATS);
givesTheSame(openai, [chatStreamed], ODD);
givesTheSame(openai, [chatStreamed, chatHelper], HUGE_CHATS);
survivesTheSame(openai, [chatStreamed, chatHelper], CHAT);
stopsTheSame(openai, [chatStreamed, chatHelper], CHAT);
triesAgainTheSame(openai, [chatStreamed, chatHelper], CHAT);

givesTheSame(openai, WHOLES, WHOLE_CHATS);
survivesTheSame(openai, WHOLES, WHOLE_CHAT);
triesAgainTheSame(openai, [chat], WHOLE_CHAT);
