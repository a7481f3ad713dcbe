import { describe, expect, it } from 'vitest';
import { httpServer } from '../servers/http.js';
import { readOpenMetrics } from './exposition.js';
import { watched } from './watched.js';

const EVENTS = [
  'data: {"choices":[{"delta":{"content":"\\"usage\\":{}"}}],"usage":null}\n\n',
  'data: {"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":4}}\n\n',
  'data: [DONE]\n\n',
];
const ANSWER = { choices: [], usage: { prompt_tokens: 7, completion_tokens: 2 } };

/** A server that streams to those who want it so, and knows no model by the name of `unknown`. */
function provider() {
  return httpServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    const { model, stream } = JSON.parse(body || '{}');
    if (model === 'unknown') {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":{}}');
    } else if (stream) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const event of EVENTS) await new Promise((resolve) => response.write(event, resolve));
      response.end();
    } else {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(ANSWER));
    }
  });
}

type Setup = Awaited<ReturnType<typeof watched>>;

async function ask({ client }: Setup, origin: string, model: string, stream = false) {
  const body = JSON.stringify({ stream, messages: [{ content: '"model":"quoted"' }], model });
  await (await client.request('POST', `${origin}/v1/chat/completions`, { body })).text();
}

describe('the figures of models', () => {
  it('count requests by status, tokens, events and times, by the name that was asked for', async () => {
    await using server = await provider();
    await using setup = await watched();
    await ask(setup, server.origin, 'large', true);
    await ask(setup, server.origin, 'small');
    await ask(setup, server.origin, 'small');
    await ask(setup, server.origin, 'unknown');
    await setup.client.request('GET', server.origin).catch(() => {});
    const { connection_pool: pool, pools } = await setup.json('/metrics');
    expect(pool).toMatchObject({ input_tokens_total: 25, output_tokens_total: 8 });
    const { models, origins } = pools.default;
    expect(origins[0]).toMatchObject({ input_tokens_total: 25, output_tokens_total: 8 });
    expect(models.map(({ model }: { model: string }) => model)).toEqual([
      'large',
      'small',
      'unknown',
    ]);
    const [large, small, unknown] = models;
    expect(large).toMatchObject({
      provider: 'other',
      model_requests_total: { '2xx': 1 },
      model_tokens_total: { input: 11, output: 4 },
      model_stream_events_total: 3,
      model_time_to_first_token_seconds: { count: 1 },
    });
    expect(small).toMatchObject({
      model_requests_total: { '2xx': 2 },
      model_tokens_total: { input: 14, output: 4 },
      model_time_to_first_token_seconds: { count: 0 },
    });
    expect(unknown).toMatchObject({
      model_requests_total: { '2xx': 0, '4xx': 1 },
      model_tokens_total: { input: 0, output: 0 },
    });
    const response = await setup.get('/metrics', { accept: 'application/openmetrics-text' });
    const families = readOpenMetrics(await response.text());
    const tokens = families.find(({ name }) => name === 'model_tokens');
    expect(tokens?.samples).toContainEqual({
      name: 'model_tokens_total',
      labels: '{pool="default",provider="other",model="large",kind="output"}',
      value: 4,
    });
  });

  it('are of so many models and no more, whatever names turn up', async () => {
    await using server = await provider();
    await using setup = await watched();
    for (let i = 0; i < 60; i++) await ask(setup, server.origin, `model-${i}`);
    const { models } = (await setup.json('/metrics')).pools.default;
    expect(models).toHaveLength(51);
    expect(models.at(-1)).toMatchObject({ model: 'other', model_requests_total: { '2xx': 10 } });
    await ask(setup, server.origin, 'a name that nobody has "{}');
    const after = (await setup.json('/metrics')).pools.default.models;
    expect(after).toEqual(models);
  });
});
