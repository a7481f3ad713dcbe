import { describe, it } from 'vitest';
import { MESSAGE, STREAMED_MESSAGES, WHOLE_MESSAGE, WHOLE_MESSAGES } from './bodies/anthropic.js';
import { FILE, PAGES } from './bodies/openai-kinds.js';
import {
  anthropic,
  batchResults,
  messages,
  messagesHelper,
  messagesStreamed,
  models,
  STREAMS_OTHERWISE,
  upload,
  WHOLES,
} from './drivers/anthropic.js';
import { expectSame } from './same.js';
import { answerOf, json, piece } from './script.js';
import { givesTheSame, stopsTheSame, survivesTheSame, triesAgainTheSame } from './suites.js';

givesTheSame(
  anthropic,
  [messagesStreamed, messagesHelper, ...STREAMS_OTHERWISE],
  STREAMED_MESSAGES,
);
survivesTheSame(anthropic, [messagesStreamed, messagesHelper], MESSAGE);
stopsTheSame(anthropic, [messagesStreamed, messagesHelper], MESSAGE);
triesAgainTheSame(anthropic, [messagesStreamed, messagesHelper], MESSAGE);

givesTheSame(anthropic, WHOLES, WHOLE_MESSAGES);
survivesTheSame(anthropic, WHOLES, WHOLE_MESSAGE);
triesAgainTheSame(anthropic, [messages], WHOLE_MESSAGE);
survivesTheSame(anthropic, [upload], FILE);

describe('@anthropic-ai/sdk, what takes several requests', () => {
  it('page after page', async () => {
    await expectSame(anthropic, models, PAGES);
  });

  const batch = json({ id: 'batch_1', processing_status: 'ended', results_url: '/results' });
  const lines = [
    '{"custom_id":"1","result":{"a":"é"}}\n',
    '{"custom_id":"2"}\n',
    '{"custom_id":"3"}',
  ];
  const RESULTS = {
    'line by line': lines.map((line) => piece(line)),
    'at once': [piece(lines.join(''), 3)],
    'cut in a character': [piece(Buffer.from(lines.join('')).subarray(0, 33), 0)],
    'no JSON': [piece('{"broken"\n')],
  };

  it.each(Object.entries(RESULTS))('the results of a batch, %s', async (_, pieces) => {
    const script = [answerOf(batch), answerOf({ type: 'application/x-jsonl', pieces })];
    await expectSame(anthropic, batchResults, script);
  });
});
