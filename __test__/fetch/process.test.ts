import { describe, expect, it } from 'vitest';
import { echoServer } from '../servers/echo.js';
import { httpServer } from '../servers/http.js';
import { scriptedServer } from '../servers/scripted.js';
import { implementations } from './implementations.js';
import { runProgram } from './programs/program.js';

describe.each(implementations)('$name fetch: a process', ({ name }) => {
  it('ends by itself with nothing but idle connections', async () => {
    await using server = await httpServer((_, response) => response.end('body'));
    await using program = runProgram('idle', name, [server.origin]);
    const ending = await program.ended;
    expect(ending).toEqual({ code: 0, signal: null, lines: ['body body body'], stderr: '' });
    for (const [index] of server.accepted.entries()) await server.closed(index);
  });

  it('stays for a request in flight, before its head and inside its body', async () => {
    await using server = await scriptedServer(() => {});
    await using program = runProgram('in-flight', name, [server.origin]);
    const connection = await server.connection(0);
    await connection.request();
    await program.printed('waiting for the head');
    await connection.send('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n01234');
    await program.printed('waiting for the body');
    await connection.send('56789');
    const ending = await program.ended;
    expect(ending.lines).toEqual(['waiting for the head', 'waiting for the body', '0123456789']);
    expect(ending).toMatchObject({ code: 0, signal: null, stderr: '' });
  });

  it('can exit in the middle of requests', async () => {
    await using server = await httpServer((request, response) => {
      if (request.url === '/begun') response.write('begun');
    });
    await using program = runProgram('exit', name, [server.origin]);
    expect(await program.ended).toEqual({ code: 7, signal: null, lines: [], stderr: '' });
    for (const [index] of server.accepted.entries()) await server.closed(index);
  });

  it('lets a worker be terminated with requests in flight, and the others go on', async () => {
    const held: (() => void)[] = [];
    let released = false;
    let silent = 0;
    let silentOpen = 0;
    let onSilent = () => {};
    await using server = await httpServer((request, response) => {
      const whenTrue = (holds: () => boolean) => {
        onSilent = () => {
          if (holds()) response.end();
        };
        onSilent();
      };
      switch (request.url) {
        case '/worker-silent':
          silent += 1;
          silentOpen += 1;
          response.on('close', () => {
            silentOpen -= 1;
            onSilent();
          });
          onSilent();
          break;
        case '/held':
          if (released) response.end('held');
          else held.push(() => response.end('held'));
          break;
        case '/arrived':
          whenTrue(() => silent === 10);
          break;
        case '/terminated':
          whenTrue(() => silentOpen === 0);
          break;
        default:
          released = true;
          for (const release of held) release();
          response.end();
      }
    });
    await using program = runProgram('workers', name, [server.origin]);
    expect(await program.ended).toEqual({
      code: 0,
      signal: null,
      lines: ['main: held', `worker: ${Array(10).fill('held').join(' ')}`],
      stderr: '',
    });
  });

  it('survives workers that come and go in every way', async () => {
    await using server = await httpServer((request, response) => {
      if (request.url === '/whole') response.end('whole');
    });
    await using program = runProgram('many-workers', name, [server.origin]);
    const lines = Array(4).fill('whole');
    expect(await program.ended).toEqual({ code: 0, signal: null, lines, stderr: '' });
  });

  it('sees no unhandled rejection, however calls fail', async () => {
    await using server = await httpServer((request, response) => {
      switch (request.url) {
        case '/reset':
          request.socket.resetAndDestroy();
          break;
        case '/cut':
          response.writeHead(200, { 'content-length': 10 });
          response.write('01234', () => request.socket.destroy());
          break;
        case '/begun':
          response.write('begun');
          break;
        case '/silent':
          break;
        default:
          request.resume();
          response.end('whole');
      }
    });
    const nobody = await usedUp();
    await using program = runProgram('failures', name, [server.origin, nobody]);
    expect(await program.ended).toEqual({ code: 0, signal: null, lines: ['done 200'], stderr: '' });
  });
});

/** An origin on this machine where nobody listens any more. */
async function usedUp(): Promise<string> {
  await using server = await echoServer();
  return server.origin;
}
