// As a reader of the README has it: api.openai.com and the others are there, at their own names and ports, and are the
// mock provider. Takes a folder with cert.pem, key.pem and the programs as arguments; runs them one after another
// and writes a line of JSON for each. Needs a network and a hosts file of its own, see programs.test.ts.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as ask } from 'node:http';
import { createSecureServer } from 'node:http2';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const [provider, folder, ...programs] = process.argv.slice(2);

const { url, close } = await startProvider();
const front = createSecureServer(
  {
    allowHTTP1: true,
    cert: readFileSync(join(folder, 'cert.pem')),
    key: readFileSync(join(folder, 'key.pem')),
  },
  (request, response) => {
    if (!/^\/v1\/(chat|responses|models)/.test(request.url)) {
      request.resume().on('end', () => response.end('{"object":"list","data":[]}'));
      return;
    }
    const { method, headers } = request;
    const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => name[0] !== ':'));
    const onward = ask(url + request.url, { method, headers: { ...kept, host: 'provider' } });
    onward.on('response', (answer) => {
      const { connection, 'keep-alive': _, 'transfer-encoding': __, ...rest } = answer.headers;
      response.writeHead(answer.statusCode, rest);
      answer.pipe(response);
    });
    request.pipe(onward);
  },
);
await once(front.listen(443, '0.0.0.0'), 'listening');

for (const program of programs) {
  const child = spawn(
    process.execPath,
    ['--import', new URL('reader.mjs', import.meta.url).href, program],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  console.log(JSON.stringify({ program, ended: signal ?? code, stdout, stderr }));
}
front.close();
close();

async function startProvider() {
  const child = spawn(provider, ['serve', '--until-stdin-closes'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  return { url: JSON.parse(line).url, close: () => child.stdin.end() };
}
