import { lookup } from 'node:dns/promises';
import { describe, expect, it } from 'vitest';
import { WarmlineError, fetch as warmlineFetch } from 'warmline';
import { echoServer } from '../servers/echo.js';
import { answer, PeerGone, type ScriptedConnection, scriptedServer } from '../servers/scripted.js';
import { type Fetch, implementations, rejection, typeError } from './implementations.js';

type Misdeed = (connection: ScriptedConnection) => Promise<void> | void;

interface Fault {
  /** What the server does instead of a proper answer. */
  readonly fault: string;
  readonly misdeed: Misdeed;
  /** warmline's `code` for it. */
  readonly code: string;
}

const says =
  (bytes: string): Misdeed =>
  (connection) =>
    connection.send(bytes);

const saysAndCloses =
  (bytes: string): Misdeed =>
  (connection) =>
    connection.end(bytes);

/** A whole head with these header lines. */
const head = (...lines: string[]) => ['HTTP/1.1 200 OK', ...lines, '', ''].join('\r\n');

/** Goes on sending this until the client closes the connection. */
const saysForEver =
  (begin: string, more: string): Misdeed =>
  async (connection) => {
    await connection.send(begin);
    for (;;) await connection.send(more);
  };

const HEAD_FAULTS: Fault[] = [
  { fault: 'closes before the head', misdeed: saysAndCloses(''), code: 'UND_ERR_SOCKET' },
  { fault: 'resets before the head', misdeed: (c) => c.reset(), code: 'ECONNRESET' },
  {
    fault: 'closes inside the head',
    misdeed: saysAndCloses('HTTP/1.1 200 OK\r\ncontent-le'),
    code: 'UND_ERR_SOCKET',
  },
  {
    fault: 'answers with something that is no HTTP',
    misdeed: says('220 mail.example.test ESMTP ready\r\n\r\n'),
    code: 'HPE_INVALID_CONSTANT',
  },
  {
    fault: 'answers with bytes of TLS',
    misdeed: says('\x15\x03\x01\x00\x02\x02\x46\r\n\r\n'),
    code: 'HPE_INVALID_CONSTANT',
  },
  {
    fault: 'answers with a status that is no number',
    misdeed: says('HTTP/1.1 abc OK\r\n\r\n'),
    code: 'HPE_INVALID_STATUS',
  },
  {
    fault: 'answers with a version that does not exist',
    misdeed: says('HTTP/7.3 200 OK\r\n\r\n'),
    code: 'HPE_INVALID_VERSION',
  },
  {
    fault: 'sends a header without a colon',
    misdeed: says(head('x-broken')),
    code: 'HPE_INVALID_HEADER_TOKEN',
  },
  {
    fault: 'sends a header whose name has a space',
    misdeed: says(head('x broken: v', 'content-length: 0')),
    code: 'HPE_INVALID_HEADER_TOKEN',
  },
  {
    fault: 'sends a header with NUL in its value',
    misdeed: says(head('x-broken: a\0b', 'content-length: 0')),
    code: 'HPE_INVALID_HEADER_TOKEN',
  },
  {
    fault: 'sends a content-length that is no number',
    misdeed: says(`${head('content-length: five')}hello`),
    code: 'HPE_INVALID_CONTENT_LENGTH',
  },
  {
    fault: 'sends a negative content-length',
    misdeed: says(`${head('content-length: -5')}hello`),
    code: 'HPE_INVALID_CONTENT_LENGTH',
  },
  {
    fault: 'sends two content-lengths that contradict each other',
    misdeed: says(`${head('content-length: 5', 'content-length: 6')}hello!`),
    code: 'HPE_INVALID_CONTENT_LENGTH',
  },
  {
    fault: 'sends one header line without end',
    misdeed: saysForEver('HTTP/1.1 200 OK\r\nx-long: ', 'v'.repeat(16 << 10)),
    code: 'UND_ERR_HEADERS_OVERFLOW',
  },
  {
    fault: 'sends header lines without end',
    misdeed: saysForEver('HTTP/1.1 200 OK\r\n', `x: ${'v'.repeat(1000)}\r\n`.repeat(16)),
    code: 'UND_ERR_HEADERS_OVERFLOW',
  },
];

const BODY_FAULTS: Fault[] = [
  {
    fault: 'closes inside a body of known length',
    misdeed: saysAndCloses(`${head('content-length: 10')}01234`),
    code: 'UND_ERR_SOCKET',
  },
  {
    fault: 'closes after a head that promises a body',
    misdeed: saysAndCloses(head('content-length: 10')),
    code: 'UND_ERR_SOCKET',
  },
  {
    fault: 'closes inside a chunk',
    misdeed: saysAndCloses(`${head('transfer-encoding: chunked')}a\r\n01234`),
    code: 'UND_ERR_SOCKET',
  },
  {
    fault: 'closes between chunks',
    misdeed: saysAndCloses(`${head('transfer-encoding: chunked')}5\r\n01234\r\n`),
    code: 'UND_ERR_SOCKET',
  },
  {
    fault: 'sends a chunk size that is no number',
    misdeed: says(`${head('transfer-encoding: chunked')}5\r\n01234\r\nxyz\r\n`),
    code: 'HPE_INVALID_CHUNK_SIZE',
  },
  {
    fault: 'sends a chunk size beyond all numbers',
    misdeed: says(`${head('transfer-encoding: chunked')}fffffffffffffffff\r\n01234`),
    code: 'HPE_INVALID_CHUNK_SIZE',
  },
  {
    fault: 'sends a chunk longer than it said',
    misdeed: says(`${head('transfer-encoding: chunked')}5\r\n0123456789\r\n0\r\n\r\n`),
    code: 'HPE_INVALID_CHUNK_SIZE',
  },
];

/** A server that answers /fine and /held properly, /held only once told, and misbehaves at /fault. */
async function faultyServer(misdeed: Misdeed) {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const faults: ScriptedConnection[] = [];
  const server = await scriptedServer(async (connection) => {
    for (;;) {
      const { target } = await connection.request();
      if (target === '/held') {
        await released;
        await connection.send(answer('held'));
      } else if (target === '/fault') {
        faults.push(connection);
        try {
          await misdeed(connection);
        } catch (error) {
          if (!(error instanceof PeerGone)) throw error;
        }
        return;
      } else await connection.send(answer('fine'));
    }
  });
  return { ...server, faults, release };
}

/** A pipe that makes several pieces of one, as those do that parse events. */
const split = () =>
  new TransformStream<string, string>({
    transform(text, controller) {
      for (const letter of text) controller.enqueue(letter);
    },
  });

/** Reads everything, so that a fault of the body shows as well as one of the head. */
const whole = async (fetch: Fetch, url: string, init?: RequestInit) =>
  (await fetch(url, init)).text();

/**
 * What must hold whatever the fault was: its connection is closed and not used again, and requests before, beside and after
 * it on the same origin are unharmed.
 */
async function faultAlone(fetch: Fetch, { misdeed }: Fault): Promise<TypeError> {
  await using server = await faultyServer(misdeed);
  const held = whole(fetch, `${server.origin}/held`);
  // If an expectation fails first, this one's end is not what to tell.
  held.catch(() => {});
  const error = await typeError(whole(fetch, `${server.origin}/fault`));
  expect(server.faults.length).toBe(1);
  await server.faults[0]?.closed;
  server.release();
  expect(await held).toBe('held');
  expect(await whole(fetch, `${server.origin}/fine`)).toBe('fine');
  return error;
}

describe.each(implementations)('$name fetch: a server that', ({ fetch }) => {
  it.each(HEAD_FAULTS)('$fault makes the call fail, and nothing else', async (fault) => {
    const error = await faultAlone(fetch, fault);
    expect(error.message).toBe('fetch failed');
    expect(error.cause).toBeInstanceOf(Error);
  });

  it.each(BODY_FAULTS)('$fault ends the body, and nothing else', async (fault) => {
    const error = await faultAlone(fetch, fault);
    expect(error.message).toBe('terminated');
    expect(error.cause).toBeInstanceOf(Error);
  });

  it('resets inside a body ends the body, and what came before it can be read', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
      await connection.send(`${head('content-length: 10')}01234`);
    });
    const response = await fetch(server.origin);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe('01234');
    server.connections[0]?.reset();
    expect((await typeError(reader.read())).message).toBe('terminated');
    expect((await typeError(reader.closed)).message).toBe('terminated');
  });

  it('closes inside a body ends it after what came at once with the end, through whatever pipes', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
      connection.end(`${head('content-length: 1000')}${'x'.repeat(500)}`);
    });
    for (let i = 0; i < 20; i++) {
      const response = await fetch(server.origin);
      const piped = (response.body as ReadableStream<Uint8Array>)
        .pipeThrough(new TextDecoderStream())
        .pipeThrough(split());
      const texts: string[] = [];
      const read = async () => {
        for await (const text of piped) texts.push(text);
      };
      expect((await typeError(read())).message).toBe('terminated');
      expect(texts).toHaveLength(500);
    }
  });

  it('breaks off ends clones and every way to read alike', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
      await connection.send(`${head('content-length: 10')}01234`);
    });
    const reads: ((response: Response) => Promise<unknown>)[] = [
      (response) => response.text(),
      (response) => response.json(),
      (response) => response.arrayBuffer(),
      (response) => response.blob(),
      (response) =>
        Promise.any([response.clone().text(), response.text()]).catch((all) => {
          throw all.errors[0];
        }),
      async (response) => {
        for await (const _ of response.body as ReadableStream);
      },
    ];
    for (const [index, read] of reads.entries()) {
      const response = await fetch(server.origin);
      const failure = typeError(read(response));
      server.connections[index]?.reset();
      expect((await failure).message).toBe('terminated');
    }
  });

  it('is not there makes the call fail with ECONNREFUSED', async () => {
    const error = await typeError(fetch(await nobody()));
    expect(error.message).toBe('fetch failed');
    expect((error.cause as NodeJS.ErrnoException).code).toBe('ECONNREFUSED');
  });

  it('has an unknown name makes the call fail with the code of the look-up', async () => {
    const expected = (await rejection(lookup('name.invalid'))) as NodeJS.ErrnoException;
    const error = await typeError(fetch('http://name.invalid/'));
    expect(error.message).toBe('fetch failed');
    expect((error.cause as NodeJS.ErrnoException).code).toBe(expected.code);
  });
});

/** The typed cause of a failed call. */
function causeOf(error: TypeError): WarmlineError {
  expect(error.cause).toBeInstanceOf(WarmlineError);
  return error.cause as WarmlineError;
}

describe('warmline fetch: the cause names', () => {
  it.each(HEAD_FAULTS)('a server that $fault: $code while waiting for the head', async (fault) => {
    const cause = causeOf(await faultAlone(warmlineFetch, fault));
    expect(cause.code).toBe(fault.code);
    expect(cause.phase).toBe('headers');
    expect(cause.attempt).toBe(1);
    expect(cause.bytesSent).toBeGreaterThan(0);
    expect(cause.retryable).toBe(false);
  });

  it.each(BODY_FAULTS)('a server that $fault: $code in the body', async (fault) => {
    const cause = causeOf(await faultAlone(warmlineFetch, fault));
    expect(cause.code).toBe(fault.code);
    expect(cause.phase).toBe('body');
    expect(cause.bytesReceived).toBeGreaterThan(0);
    expect(cause.retryable).toBe(false);
  });

  it('a reset inside the body: ECONNRESET in the body', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
      await connection.send(`${head('content-length: 10')}01234`);
    });
    const text = typeError((await warmlineFetch(server.origin)).text());
    server.connections[0]?.reset();
    const cause = causeOf(await text);
    expect(cause.code).toBe('ECONNRESET');
    expect(cause.phase).toBe('body');
  });

  it('a port where nobody listens: ECONNREFUSED, retryable, with the origin, no try made', async () => {
    const origin = await nobody();
    const cause = causeOf(await typeError(warmlineFetch(`${origin}/path?key=secret`)));
    expect(cause).toMatchObject({
      code: 'ECONNREFUSED',
      phase: 'connect',
      origin,
      attempt: 0,
      reusedConnection: false,
      bytesSent: 0,
      bytesReceived: 0,
      retryable: true,
    });
  });

  it('an unknown name: the code of the look-up, in phase dns', async () => {
    const cause = causeOf(await typeError(warmlineFetch('http://name.invalid/')));
    expect(cause.phase).toBe('dns');
    expect(cause.origin).toBe('http://name.invalid');
    expect(cause.bytesSent).toBe(0);
    expect(cause.retryable).toBe(true);
  });

  it('contradicting content-length and transfer-encoding, which could smuggle an answer', async () => {
    const misdeed = says(
      `${head('content-length: 5', 'transfer-encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`,
    );
    const fault = { fault: 'sends both lengths', misdeed, code: 'HPE_INVALID_CONTENT_LENGTH' };
    const cause = causeOf(await faultAlone(warmlineFetch, fault));
    expect(cause.code).toBe(fault.code);
    expect(cause.phase).toBe('headers');
  });

  it('whether the connection was used before', async () => {
    await using server = await faultyServer((connection) => connection.reset());
    expect(await whole(warmlineFetch, `${server.origin}/fine`)).toBe('fine');
    const cause = causeOf(await typeError(warmlineFetch(`${server.origin}/fault`)));
    expect(cause.reusedConnection).toBe(true);
    expect(server.connections.length).toBe(1);
  });

  it('how many bytes went out and came in', async () => {
    await using server = await faultyServer(saysAndCloses(`${head('content-length: 10')}01234`));
    const error = await typeError(
      whole(warmlineFetch, `${server.origin}/fault`, { method: 'POST', body: 'x'.repeat(5000) }),
    );
    const cause = causeOf(error);
    expect(cause.bytesSent).toBe(server.faults[0]?.receivedLength);
    expect(cause.bytesReceived).toBe(`${head('content-length: 10')}01234`.length);
  });
});

describe('warmline fetch: a failed call', () => {
  it('that reached the server is never sent a second time', async () => {
    await using server = await faultyServer(saysAndCloses(''));
    expect(await whole(warmlineFetch, `${server.origin}/fine`)).toBe('fine');
    for (const method of ['GET', 'POST', 'PUT']) {
      const before = server.faults.length;
      await typeError(warmlineFetch(`${server.origin}/fault`, { method }));
      expect(server.faults.length).toBe(before + 1);
    }
  });

  it('tells no secret', async () => {
    const origin = await nobody();
    const secret = 'sk-very-secret';
    const failures = await Promise.all(
      [
        warmlineFetch(`${origin}/?key=${secret}`, { headers: { authorization: secret } }),
        warmlineFetch(`http://user:${secret}@127.0.0.1/`),
        warmlineFetch(origin, { headers: { authorization: `${secret}\n${secret}` } }),
        warmlineFetch(origin, { headers: { authorization: `${secret}\u0100` } }),
      ].map(rejection),
    );
    for (const failure of failures) {
      for (let at: unknown = failure; at instanceof Error; at = at.cause) {
        expect(`${at.stack} ${JSON.stringify(at)}`).not.toContain(secret);
      }
    }
  });

  it('has a cause that every copy of the package knows', async () => {
    const cause = causeOf(await typeError(warmlineFetch(await nobody())));
    expect(cause).toBeInstanceOf(Error);
    expect(cause.name).toBe('WarmlineError');
    expect(cause.message).not.toBe('');
    expect(cause.stack).toContain('WarmlineError');
  });
});

/** An origin on this machine where nobody listens any more. */
async function nobody(): Promise<string> {
  await using server = await echoServer();
  return server.origin;
}
