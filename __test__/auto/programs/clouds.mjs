// Clients whose classes descend from those of other packages, none of which is loaded by its own name.
import { once } from 'node:events';
import { createServer } from 'node:http';

const MESSAGE = { id: 'm', type: 'message', role: 'assistant', content: [], model: 'm', usage: {} };
const DELTA = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } };
const CHUNK = { choices: [{ index: 0, delta: { content: 'Hi' } }] };

const event = (data) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;

function answerTo(url) {
  if (url.includes('chat')) return `data: ${JSON.stringify(CHUNK)}\n\ndata: [DONE]\n\n`;
  if (url.includes('streamRawPredict')) {
    return event({ type: 'message_start', message: MESSAGE }) + event(DELTA);
  }
  return JSON.stringify({ ...MESSAGE, content: [{ type: 'text', text: 'Hi' }] });
}

export async function reportClouds(
  { AnthropicBedrock, AnthropicVertex, AzureOpenAI },
  getPatchStatus,
) {
  const server = createServer((request, response) => {
    request.resume();
    const body = answerTo(request.url);
    const type = body.startsWith('{') ? 'application/json' : 'text/event-stream';
    response.writeHead(200, { 'content-type': type }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const baseURL = `http://127.0.0.1:${server.address().port}`;
  const asked = { model: 'm', max_tokens: 5, messages: [{ role: 'user', content: 'Hi' }] };

  const bedrock = new AnthropicBedrock({ apiKey: 'k', awsRegion: 'r', baseURL });
  const texts = [['AnthropicBedrock', (await bedrock.messages.create(asked)).content[0].text]];
  const authClient = { getRequestHeaders: async () => new Headers(), projectId: 'p' };
  const vertex = new AnthropicVertex({ region: 'r', projectId: 'p', authClient, baseURL });
  for await (const { delta } of await vertex.messages.create({ ...asked, stream: true })) {
    if (delta !== undefined) texts.push(['AnthropicVertex', delta.text]);
  }
  const azure = new AzureOpenAI({ apiKey: 'k', apiVersion: 'v', baseURL });
  for await (const { choices } of await azure.chat.completions.create({ ...asked, stream: true })) {
    texts.push(['AzureOpenAI', choices[0].delta.content]);
  }
  server.close();
  server.closeAllConnections();
  const patched = getPatchStatus().patched.map(({ name, streams, statistics }) => [
    name,
    streams,
    statistics.calls,
  ]);
  console.log(JSON.stringify({ patched, texts }));
}
