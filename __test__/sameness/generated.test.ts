import { describe, expect, it } from 'vitest';
import { anthropic, anthropic0, messagesHelper, messagesStreamed } from './drivers/anthropic.js';
import { chatHelper, chatStreamed, openai, openai4, openai5, openai6 } from './drivers/openai.js';
import { groq, groqStreamed, mistral, mistralStreamed } from './drivers/others.js';
import { generated } from './generated.js';
import { expectSame } from './same.js';
import type { Sdk, Way } from './trace.js';

/** Scripts for each way; WARMLINE_SAMENESS_SCRIPTS says otherwise, for a longer search. */
const SCRIPTS = Number(process.env['WARMLINE_SAMENESS_SCRIPTS'] ?? 60);

/** The first seed; a failure names the one that it is of. */
const FIRST = Number(process.env['WARMLINE_SAMENESS_SEED'] ?? 1);

const seeds = Array.from({ length: SCRIPTS }, (_, i) => FIRST + i);

const pair = <Client extends object>(sdk: Sdk<Client>, way: Way<Client>) => ({
  what: `${sdk.name}, ${way.name}`,
  same: (seed: number) => expectSame(sdk, way, generated(seed)),
});

describe.each([
  pair(openai, chatStreamed),
  pair(openai, chatHelper),
  pair(openai6, chatStreamed),
  pair(openai5, chatStreamed),
  pair(openai4, chatStreamed),
  pair(anthropic, messagesStreamed),
  pair(anthropic, messagesHelper),
  pair(anthropic0, messagesStreamed),
  pair(groq, groqStreamed),
  pair(mistral, mistralStreamed),
])('$what gives the same', ({ same }) => {
  it.concurrent.each(seeds)('of the script of seed %i', async (seed) => {
    await same(seed);
  });
});

it('a seed decides a script', () => {
  const texts = seeds.map((seed) => JSON.stringify(generated(seed)));
  expect(seeds.map((seed) => JSON.stringify(generated(seed)))).toEqual(texts);
  expect(new Set(texts).size).toBeGreaterThan(SCRIPTS * 0.9);
});
