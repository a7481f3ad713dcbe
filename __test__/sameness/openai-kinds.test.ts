import { describe, expect, it } from 'vitest';
import {
  AUDIO,
  EMBEDDINGS,
  FILE,
  PAGES,
  STREAMED_COMPLETION,
  STREAMED_TRANSCRIPT,
  TRANSCRIPTS,
} from './bodies/openai-kinds.js';
import {
  completionsStreamed,
  content,
  deletion,
  embeddings,
  files,
  models,
  openai,
  openai4,
  openai4AsItIs,
  openai5,
  openai6,
  speech,
  transcription,
  transcriptionStreamed,
  upload,
} from './drivers/openai.js';
import { expectSame } from './same.js';
import { answerOf, type Script } from './script.js';
import { givesTheSame, stopsTheSame, survivesTheSame, triesAgainTheSame } from './suites.js';
import { type Trace, traces } from './trace.js';

givesTheSame(openai, [embeddings], EMBEDDINGS);
givesTheSame(openai, [transcription], TRANSCRIPTS);
survivesTheSame(openai, [upload, deletion], FILE);
triesAgainTheSame(openai, [upload], FILE);
survivesTheSame(openai, [speech, content], AUDIO);
givesTheSame(openai, [completionsStreamed], { text: STREAMED_COMPLETION });
stopsTheSame(openai, [completionsStreamed], STREAMED_COMPLETION);
givesTheSame(openai, [transcriptionStreamed], { text: STREAMED_TRANSCRIPT });
stopsTheSame(openai, [transcriptionStreamed], STREAMED_TRANSCRIPT);

// Built-in fetch does not take the forms of version 4.
for (const sdk of [openai, openai6, openai5]) givesTheSame(sdk, [upload], { 'a file': FILE });
for (const sdk of [openai, openai6, openai5, openai4]) {
  givesTheSame(sdk, [speech], { audio: AUDIO });
  givesTheSame(sdk, [embeddings], EMBEDDINGS);
}

it('openai 4 sends a file as with its own fetch, but for what that adds to the headers', async () => {
  const [plain, onEngine] = await traces(openai4AsItIs, upload, [answerOf(FILE)]);
  const told = ({ values, requests }: Trace) => ({
    values,
    requests: requests.map(({ headers: _, ...request }) => request),
  });
  expect(told(onEngine)).toStrictEqual(told(plain));
  expect(plain.requests).toHaveLength(1);
});

describe('openai 7, page after page', () => {
  const SCRIPTS: Record<string, Script> = {
    'to the last': PAGES,
    'to one that is refused': [
      ...PAGES.slice(0, 1),
      [{ head: { status: 400, headers: [['Content-Length', '0']] } }],
    ],
    'to one that is cut': [...PAGES.slice(0, 1), [{ cut: 'fin' }]],
    'of which there is one': [answerOf(FILE)],
  };

  it.each(Object.entries(SCRIPTS))('%s', async (_, script) => {
    for (const way of [files, models]) await expectSame(openai, way, script);
  });
});
