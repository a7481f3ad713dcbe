import { describe, it } from 'vitest';
import { MESSAGE, STREAMED_MESSAGES, WHOLE_MESSAGE } from './bodies/anthropic.js';
import { CHAT, CHATS, WHOLE_CHAT, WHOLE_CHATS } from './bodies/openai-chat.js';
import { RESPONSE, RESPONSES, WHOLE_RESPONSE } from './bodies/openai-responses.js';
import {
  AI_SDK_STREAMED,
  AI_SDK_WHOLE,
  aiSdk,
  aiSdk6,
  langchainAnthropic,
  langchainInvoke,
  langchainOpenai,
  langchainStreamed,
} from './drivers/others.js';
import { expectSame } from './same.js';
import { givesTheSame, survivesTheSame } from './suites.js';
import { stallsOf } from './transports.js';

const [aiChat, aiResponses] = AI_SDK_STREAMED as [never, never];
const [aiWholeChat, aiWholeResponse] = AI_SDK_WHOLE as [never, never];

for (const sdk of [aiSdk, aiSdk6]) {
  givesTheSame(sdk, [aiChat], CHATS);
  survivesTheSame(sdk, [aiChat], CHAT);
  givesTheSame(sdk, [aiResponses], RESPONSES);
  survivesTheSame(sdk, [aiResponses], RESPONSE);
  givesTheSame(sdk, [aiWholeChat], WHOLE_CHATS);
  survivesTheSame(sdk, [aiWholeChat], WHOLE_CHAT);
  givesTheSame(sdk, [aiWholeResponse], { 'a whole response': WHOLE_RESPONSE });
}

givesTheSame(langchainOpenai, [langchainStreamed], CHATS);
survivesTheSame(langchainOpenai, [langchainStreamed], CHAT);
survivesTheSame(langchainOpenai, [langchainInvoke], WHOLE_CHAT);
givesTheSame(langchainAnthropic, [langchainStreamed], STREAMED_MESSAGES);
survivesTheSame(langchainAnthropic, [langchainStreamed], MESSAGE);
survivesTheSame(langchainAnthropic, [langchainInvoke], WHOLE_MESSAGE);

/** Servers that stall after some pieces. What these make of a piece is not one value, so that none waits for it. */
const stalled = (count: number) =>
  stallsOf(CHAT)
    .slice(count, count + 1)
    .map(({ script: [answer = []] }) =>
      answer.filter((step) => typeof step === 'string' || !('until' in step)),
    );

// The first parts of the AI SDK come before its request goes out, and it reads on when its reader leaves.
describe.each([aiSdk, aiSdk6])('$name', (sdk) => {
  it.each([3, 5])('does the same when it is stopped after value %i', async (after) => {
    await expectSame(sdk, aiChat, stalled(3), { stop: { after, by: 'abort' } });
  });
});

describe.each([1, 2])('stopped after value %i', (after) => {
  it.each(['abort', 'break'] as const)('by %s, LangChain does the same', async (by) => {
    await expectSame(langchainOpenai, langchainStreamed, stalled(3), { stop: { after, by } });
  });
});
