// Requests over whatever network this process is in: all of them answered, and none of them twice at the server.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { text } from 'node:stream/consumers';
import { events, HttpClient } from 'warmline';

const REQUESTS = 200;
const AT_ONCE = 20;
const EVENTS = 50;

const seen = [];
async function answer(request, response) {
  const body = await text(request);
  seen.push(body);
  if (body !== 'stream') return void response.end(body);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (let number = 0; number < EVENTS; number++) response.write(`data: ${number}\n\n`);
  response.end();
}

for (const [http2, server] of [
  ['never', createServer(answer)],
  ['prior-knowledge', createHttp2Server(answer)],
]) {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${server.address().port}/`;
  const client = new HttpClient({ http2, timeout: {} });
  let next = 0;
  let right = 0;
  const send = async () => {
    while (next < REQUESTS) {
      const body = `${http2} ${next++}`;
      const response = await client.request('POST', url, { body });
      if (response.text() === body) right += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, send));
  const streamed = [];
  for await (const { data } of events(
    await client.fetch(url, { method: 'POST', body: 'stream' }),
  )) {
    streamed.push(Number(data));
  }
  console.log(
    JSON.stringify({
      http2,
      right,
      seen: seen.length,
      different: new Set(seen.splice(0)).size,
      inOrder: streamed.length === EVENTS && streamed.every((number, at) => number === at),
    }),
  );
  client.destroy();
  server.close();
}
