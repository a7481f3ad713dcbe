import { BODIES } from '../patch/openai-bodies.js';
import { CHAT, CHATS, HUGE_CHATS, WHOLE_CHAT, WHOLE_CHATS } from './bodies/openai-chat.js';
import {
  chat,
  chatHelper,
  chatStreamed,
  openai,
  STREAMS_OTHERWISE,
  upload,
  WHOLES,
} from './drivers/openai.js';
import { piece, stream } from './script.js';
import { each, givesTheSame, stopsTheSame, survivesTheSame, triesAgainTheSame } from './suites.js';
import { CIRCLE } from './transports.js';

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
each('openai 7, redirected', openai, chat, CIRCLE);
each('openai 7, redirected with a form', openai, upload, CIRCLE);
