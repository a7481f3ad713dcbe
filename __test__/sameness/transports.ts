import {
  type Answer,
  answerOf,
  type Body,
  bytesOf,
  CHUNKED,
  chunk,
  headOf,
  LAST_CHUNK,
  lengthOf,
  type Script,
  type Step,
  usual,
} from './script.js';

/** Ways in which a body comes, or does not, whatever it is. */
export function transportsOf(body: Body): Record<string, Script> {
  const bytes = bytesOf(body);
  const scripts: Record<string, Answer> = {
    'in chunks': answerOf(body),
    'with its length': [{ head: headOf(body, lengthOf(bytes)) }, { bytes }],
    'to the end of the connection': [
      { head: headOf(body, ['Connection', 'close']) },
      { bytes },
      { cut: 'fin' },
    ],
    'from a server of HTTP/1.0': [
      { head: { ...headOf(body), version: '1.0' } },
      { bytes },
      { cut: 'fin' },
    ],
    'in chunks cut at odd places': [
      { head: headOf(body, CHUNKED) },
      ...segments(Buffer.concat(inSevens(bytes).map(chunk)), 11),
      { bytes: LAST_CHUNK },
    ],
    'in chunks with extensions, and a trailer': [
      { head: headOf(body, CHUNKED, ['Trailer', 'x-late']) },
      ...inSevens(bytes).map((part) => ({ bytes: extended(part) })),
      { bytes: '0\r\nx-late: 1\r\n\r\n' },
    ],
    'after a head in pieces': [
      { bytes: 'HTTP/1.1 200 ' },
      { bytes: 'OK\r\nContent-Ty' },
      { bytes: `pe: ${body.type}\r\nContent-Length: ${bytes.length}\r` },
      { bytes: '\n\r\n' },
      { bytes },
    ],
    'after early hints': [
      { head: { status: 103, headers: [['Link', '</a>; rel=preload']] } },
      ...answerOf(body),
    ],
    'with odd headers': [
      {
        head: headOf(
          body,
          ['Set-Cookie', 'a=1'],
          ['set-cookie', 'b=2'],
          ['X-Empty', ''],
          ['X-Twice', '1'],
          ['x-twice', '2'],
          ['x-ratelimit-remaining-tokens', '9'],
          ['x-long', 'y'.repeat(6000)],
          lengthOf(bytes),
        ),
      },
      { bytes },
    ],
    'as JSON, by its type': answerOf({ ...body, type: 'application/json' }),
    'as HTML, by its type': answerOf({ ...body, type: 'text/html' }),
    'as an event stream, by its type': answerOf({ ...body, type: 'text/event-stream' }),
    'without a type': [
      { head: { status: 200, headers: [lengthOf(bytes), ...usual()] } },
      { bytes },
    ],
    'with status 201': [{ head: { ...headOf(body, lengthOf(bytes)), status: 201 } }, { bytes }],
    'with status 204': [{ head: { status: 204, headers: usual() } }],
    'with nothing in it': [{ head: headOf(body, ['Content-Length', '0']) }],
    'cut before the head': [{ cut: 'fin' }],
    'reset before the head': [{ cut: 'rst' }],
    'cut in the head': [{ bytes: 'HTTP/1.1 200 OK\r\ncont' }, { cut: 'fin' }],
    'reset in the head': [{ bytes: 'HTTP/1.1 200 OK\r\ncont' }, { cut: 'rst' }],
    'cut after the head': [{ head: headOf(body, CHUNKED) }, { cut: 'fin' }],
    'shorter than its length': [
      { head: headOf(body, ['Content-Length', String(bytes.length + 1)]) },
      { bytes },
      { cut: 'fin' },
    ],
    'cut at its last chunk': [...answerOf(body).slice(0, -1), { cut: 'fin' }],
    'cut in a character': [...begun(body, cutInCharacter(bytes)), { cut: 'fin' }],
    'cut in the middle': [...begun(body, bytes.subarray(0, bytes.length / 2)), { cut: 'fin' }],
    'not in HTTP': [{ bytes: 'SSH-2.0-server\r\n' }, { cut: 'fin' }],
    'with a chunk of no size': [
      { head: headOf(body, CHUNKED) },
      { bytes: 'x\r\n' },
      { cut: 'fin' },
    ],
    'with two lengths': [
      { head: headOf(body, ['Content-Length', '1'], ['Content-Length', '2']) },
      { bytes },
      { cut: 'fin' },
    ],
  };
  return {
    ...Object.fromEntries(Object.entries(scripts).map(([name, answer]) => [name, [answer]])),
    ...redirected(answerOf(body)),
  };
}

/** Breaks between events: the client has what came before. For bodies that come in pieces. */
export function breaksOf(body: Body): Record<string, Script> {
  const scripts: Record<string, Script> = {};
  for (const [count] of body.pieces.entries()) {
    const { steps } = shown(body, count);
    for (const cut of ['fin', 'rst'] as const) {
      scripts[`${cut === 'fin' ? 'cut' : 'reset'} after piece ${count}`] = [[...steps, { cut }]];
    }
  }
  return scripts;
}

/** Servers that take longer than {@link PATIENCE}, or for ever. */
export function slowness(body: Body): Record<string, Script> {
  const [head, ...rest] = answerOf(body) as [Step, ...Step[]];
  return {
    'for the head': [['stall']],
    'for the end of the head': [[{ bytes: 'HTTP/1.1 200 OK\r\ncont' }, 'stall']],
    'for the body, which comes later': [[head, 'dawdle', ...rest]],
    'for the end of the body, which comes later': [
      [head, ...rest.slice(0, 1), 'dawdle', ...rest.slice(1)],
    ],
  };
}

/** The first pieces of a body, after each of which the client has shown what it made of it; then nothing more. */
export function stallsOf(body: Body): { readonly values: number; readonly script: Script }[] {
  const started = body.pieces.map((_, count) => {
    const { steps, values } = shown(body, count + 1);
    return { values, script: [[...steps, 'stall' as const]] };
  });
  return [
    { values: 0, script: [['stall']] },
    ...started.filter(({ values }, i) => values > (started[i - 1]?.values ?? 0)),
  ];
}

/** The whole of a body, each piece once the client has what came before. */
export function paced(body: Body): Script {
  return [[...shown(body, body.pieces.length).steps, { bytes: LAST_CHUNK }]];
}

function shown({ pieces, ...body }: Body, count: number): { steps: Step[]; values: number } {
  const steps: Step[] = [{ head: headOf({ pieces, ...body }, CHUNKED) }];
  let until = 0;
  for (const { bytes, values } of pieces.slice(0, count)) {
    until += values;
    steps.push({ bytes: chunk(bytes) }, { until });
  }
  return { steps, values: until };
}

function begun(body: Body, bytes: Uint8Array): Step[] {
  return [{ head: headOf(body, lengthOf(bytesOf(body))) }, { bytes }];
}

/** All up to the first byte of the last character that has more than one. */
function cutInCharacter(bytes: Buffer): Buffer {
  const last = bytes.findLastIndex((byte) => byte >= 0xc0);
  return bytes.subarray(0, last + 1);
}

function inSevens(bytes: Buffer): Buffer[] {
  const size = Math.max(7, Math.ceil(bytes.length / 40));
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  );
}

function segments(bytes: Buffer, count: number): Step[] {
  const size = Math.ceil(bytes.length / count);
  return Array.from({ length: count }, (_, i) => ({
    bytes: bytes.subarray(i * size, (i + 1) * size),
  }));
}

function extended(part: Buffer): Buffer {
  const line = `${part.length.toString(16)};name="a b";other\r\n`;
  return Buffer.concat([Buffer.from(line), part, Buffer.from('\r\n')]);
}

/** An answer that is elsewhere on the same server. */
function to(status: number): Answer {
  const headers: [string, string][] = [
    ['Location', '/elsewhere?a=1'],
    ['Content-Length', '0'],
  ];
  return [{ head: { status, headers } }];
}

/** A server that sends a client round and round. */
export const CIRCLE: Record<string, Script> = { 'in a circle': [to(308)] };

/** Redirects, and what they lead to. */
function redirected(answer: Answer): Record<string, Script> {
  const to = (status: number): Answer => [
    {
      head: {
        status,
        headers: [
          ['Location', '/elsewhere?a=1'],
          ['Content-Length', '0'],
        ],
      },
    },
  ];
  return {
    'after a redirect that keeps the request (307)': [to(307), answer],
    'after a redirect that makes a GET of it (303)': [to(303), answer],
    'after a redirect of old (302)': [to(302), answer],
  };
}
