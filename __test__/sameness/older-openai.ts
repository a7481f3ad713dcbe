import { CHAT, CHATS, HUGE_CHATS, WHOLE_CHAT } from './bodies/openai-chat.js';
import { chat, chatHelper, chatStreamed, STREAMS_OTHERWISE } from './drivers/openai.js';
import { givesTheSame, stopsTheSame, survivesTheSame, triesAgainTheSame } from './suites.js';
import type { Sdk } from './trace.js';

type Chat = Parameters<(typeof chat)['run']>[0];

/** What the majors of openai before the newest are put through. */
export function olderOpenaiIsTheSame(openai: Sdk<Chat>): void {
  givesTheSame(openai, [chatStreamed, chatHelper, ...STREAMS_OTHERWISE], CHATS);
  givesTheSame(openai, [chatStreamed], HUGE_CHATS);
  survivesTheSame(openai, [chatStreamed, chatHelper], CHAT);
  stopsTheSame(openai, [chatStreamed, chatHelper], CHAT);
  triesAgainTheSame(openai, [chatStreamed], CHAT);
  survivesTheSame(openai, [chat], WHOLE_CHAT);
}
