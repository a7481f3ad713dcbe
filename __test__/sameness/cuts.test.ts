import { describe, expect, it } from 'vitest';
import { anthropic, anthropic0, messagesStreamed } from './drivers/anthropic.js';
import { chatStreamed, openai, openai4, openai5, openai6 } from './drivers/openai.js';
import { expectSame } from './same.js';
import { CHUNKED, chunk, headOf, LAST_CHUNK, type Script, stream } from './script.js';
import type { Sdk, Way } from './trace.js';

/** Whatever a decoder may be in the middle of: a mark, a comment, a field, a character, an end of a line. */
const TEXT = [
  '\ufeff: é\r\nid: 1\r\n',
  'event: content_block_delta\r\ndata: {"a":\r\ndata: "世😀"}\r\n\r\n',
  'event: ping\ndata: {"b":2}\n\n',
  'data: [DONE]\n\n',
];
const BYTES = Buffer.from(TEXT.join(''));

/** The text, sent in two parts. */
function cutAt(at: number): Script {
  const parts = [BYTES.subarray(0, at), BYTES.subarray(at)].filter(({ length }) => length > 0);
  const steps = parts.map((part) => ({ bytes: chunk(part) }));
  return [[{ head: headOf(stream(), CHUNKED) }, ...steps, { bytes: LAST_CHUNK }]];
}

const pair = <Client extends object>(sdk: Sdk<Client>, way: Way<Client>) => ({
  name: sdk.name,
  same: (script: Script) => expectSame(sdk, way, script),
});

describe.each([
  pair(openai, chatStreamed),
  pair(openai6, chatStreamed),
  pair(openai5, chatStreamed),
  pair(openai4, chatStreamed),
  pair(anthropic, messagesStreamed),
  pair(anthropic0, messagesStreamed),
])('$name reads the same, on the engine and without,', ({ same }) => {
  it('wherever a stream is cut', async () => {
    const whole = await same(cutAt(0));
    expect(whole.values).not.toEqual([]);
    for (let at = 1; at < BYTES.length; at++) {
      expect((await same(cutAt(at))).values, `cut at ${at}`).toEqual(whole.values);
    }
  });
});
