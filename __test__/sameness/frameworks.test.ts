import { MESSAGE, STREAMED_MESSAGES, WHOLE_MESSAGE } from './bodies/anthropic.js';
import { CHAT, CHATS, WHOLE_CHAT, WHOLE_CHATS } from './bodies/openai-chat.js';
import { RESPONSE, RESPONSES, WHOLE_RESPONSE } from './bodies/openai-responses.js';
import {
  AI_SDK_STREAMED,
  AI_SDK_WHOLE,
  aiSdk,
  langchainAnthropic,
  langchainInvoke,
  langchainOpenai,
  langchainStreamed,
} from './drivers/others.js';
import { givesTheSame, survivesTheSame } from './suites.js';

const [aiChat, aiResponses] = AI_SDK_STREAMED as [never, never];
const [aiWholeChat, aiWholeResponse] = AI_SDK_WHOLE as [never, never];

givesTheSame(aiSdk, [aiChat], CHATS);
survivesTheSame(aiSdk, [aiChat], CHAT);
givesTheSame(aiSdk, [aiResponses], RESPONSES);
survivesTheSame(aiSdk, [aiResponses], RESPONSE);
givesTheSame(aiSdk, [aiWholeChat], WHOLE_CHATS);
survivesTheSame(aiSdk, [aiWholeChat], WHOLE_CHAT);
givesTheSame(aiSdk, [aiWholeResponse], { 'a whole response': WHOLE_RESPONSE });

givesTheSame(langchainOpenai, [langchainStreamed], CHATS);
survivesTheSame(langchainOpenai, [langchainStreamed], CHAT);
survivesTheSame(langchainOpenai, [langchainInvoke], WHOLE_CHAT);
givesTheSame(langchainAnthropic, [langchainStreamed], STREAMED_MESSAGES);
survivesTheSame(langchainAnthropic, [langchainStreamed], MESSAGE);
survivesTheSame(langchainAnthropic, [langchainInvoke], WHOLE_MESSAGE);
