import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { fetch, pipe } from 'warmline';

const base = process.env.OPENAI_BASE_URL ?? 'http://127.0.0.1:8080/v1';

const gateway = createServer(async (request, response) => {
  const upstream = await fetch(base + request.url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${process.env.OPENAI_API_KEY ?? 'none'}`,
      'content-type': 'application/json',
    },
    body: await text(request),
  }).catch((error) => console.error(error.cause ?? error));
  if (upstream === undefined) {
    response.writeHead(502).end();
    return;
  }
  const { end, bytes, usage } = await pipe(upstream, response, { heartbeat: 15_000 });
  console.log(end, bytes, usage);
});
await new Promise((resolve) => gateway.listen(0, '127.0.0.1', resolve));

// A client of the gateway, with the fetch that Node has.
const url = `http://127.0.0.1:${gateway.address().port}/chat/completions`;
const answer = await globalThis.fetch(url, {
  method: 'POST',
  body: JSON.stringify({
    model: process.env.OPENAI_MODEL ?? 'gpt-5-mini',
    stream: true,
    stream_options: { include_usage: true },
    messages: [{ role: 'user', content: 'Hello!' }],
  }),
});
console.log(await answer.text());
gateway.close();
gateway.closeAllConnections();
