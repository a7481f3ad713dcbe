import { describe, it } from 'vitest';
import { CHAT, CHATS, WHOLE_CHAT, WHOLE_CHATS } from './bodies/openai-chat.js';
import { chat, chatHelper, chatStreamed, openai, STREAMS_OTHERWISE, WHOLES } from './drivers/openai.js';
import { refusals, retriesTo } from './refusals.js';
import { expectSame } from './same.js';
import { answerOf } from './script.js';
import { breaksOf, paced, stallsOf, transportsOf } from './transports.js';

describe.each([chatStreamed, chatHelper, ...STREAMS_OTHERWISE])('openai: $name gives the same of', (way) => {
  it.each(Object.entries(CHATS))('%s', async (_, body) => {
    await expectSame(openai, way, [answerOf(body)]);
  });
});

describe.each([chatStreamed, chatHelper])('openai: $name gives the same of a stream', (way) => {
  it.each(Object.entries(transportsOf(CHAT)))('%s', async (_, script) => {
    await expectSame(openai, way, script);
  });

  it.each(Object.entries(breaksOf(CHAT)))('%s', async (_, script) => {
    await expectSame(openai, way, script);
  });

  it.each(Object.entries(refusals()))('for %s', async (_, script) => {
    await expectSame(openai, way, script);
  });
  it('piece by piece', async () => {
    await expectSame(openai, way, paced(CHAT));
  });
});

describe.each(WHOLES)('openai: $name gives the same of', (way) => {
  it.each(Object.entries(WHOLE_CHATS))('%s', async (_, body) => {
    await expectSame(openai, way, [answerOf(body)]);
  });
  it.each(Object.entries(transportsOf(WHOLE_CHAT)))('%s', async (_, script) => {
    await expectSame(openai, way, script);
  });
});

describe('openai: abort', () => {
  it.each(stallsOf(CHAT))('abort after $values', async ({ values, script }) => {
    await expectSame(openai, chatStreamed, script, { stop: { after: values, by: 'abort' } });
  });
});
describe.concurrent('openai: retries', () => {
  it.each(Object.entries(retriesTo([answerOf(WHOLE_CHAT)])))('%s', async (_, script) => {
    await expectSame(openai, chat, script, { maxRetries: 2 });
  });
});
