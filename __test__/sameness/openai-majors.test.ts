import { CHAT, CHATS, WHOLE_CHAT } from './bodies/openai-chat.js';
import {
  chat,
  chatHelper,
  chatStreamed,
  olderOpenais,
  STREAMS_OTHERWISE,
} from './drivers/openai.js';
import { givesTheSame, stopsTheSame, survivesTheSame, waitsTheSame } from './suites.js';

for (const openai of olderOpenais) {
  givesTheSame(openai, [chatStreamed, chatHelper, ...STREAMS_OTHERWISE], CHATS);
  survivesTheSame(openai, [chatStreamed, chatHelper], CHAT);
  stopsTheSame(openai, [chatStreamed, chatHelper], CHAT);
  waitsTheSame(openai, [chatStreamed], CHAT);
  survivesTheSame(openai, [chat], WHOLE_CHAT);
}
