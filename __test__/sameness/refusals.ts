import { CHUNKED, chunk, LAST_CHUNK, lengthOf, type Script, usual } from './script.js';

type Shape = 'JSON' | 'text' | 'nothing';

const STATUSES = [400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 529];

/** How the providers word an error: OpenAI and Groq, Anthropic, Google, and whoever has a mere message. */
const WORDS: readonly object[] = [
  { error: { message: 'Nein 👋', type: 't', param: 'p', code: 'c' } },
  { type: 'error', error: { type: 'overloaded_error', message: 'busy' }, request_id: 'req_3' },
  { error: { code: 400, message: 'no', status: 'INVALID_ARGUMENT', details: [{ a: 1 }] } },
  { message: 'no such thing', id: '1' },
];

const shapes: Record<Shape, (status: number) => [type: string, body: string]> = {
  JSON: (status) => ['application/json', JSON.stringify(WORDS[status % WORDS.length])],
  text: (status) => ['text/html', `<html>Status ${status}, schade</html>`],
  nothing: () => ['application/json', ''],
};

/** Servers that refuse, with each status and in several words. */
export function refusals(): Record<string, Script> {
  const scripts: Record<string, Script> = {};
  for (const status of STATUSES) {
    for (const [shape, make] of Object.entries(shapes)) {
      scripts[`status ${status} with ${shape}`] = [refusal(status, ...make(status))];
    }
  }
  for (const [i, words] of WORDS.entries()) {
    const [type, body] = ['application/json', JSON.stringify(words)];
    scripts[`an error in the words of provider ${i}`] = [refusal(400, type, body)];
    scripts[`an error of an event stream's type, in the words of provider ${i}`] = [
      refusal(400, 'text/event-stream', body),
    ];
  }
  scripts['an error in chunks'] = [
    [
      { head: { status: 400, headers: [['Content-Type', 'application/json'], CHUNKED] } },
      { bytes: chunk(Buffer.from('{"error":{"mess')) },
      { bytes: chunk(Buffer.from('age":"late"}}')) },
      { bytes: LAST_CHUNK },
    ],
  ];
  scripts['an error that is cut off'] = [
    [
      { head: { status: 400, headers: [['Content-Type', 'application/json'], CHUNKED] } },
      { bytes: chunk(Buffer.from('{"error":{"mess')) },
      { cut: 'fin' },
    ],
  ];
  return scripts;
}

/** How the server has clients wait before they try again. */
const WAITS: Record<string, [name: string, value: string][]> = {
  'at once': [['retry-after-ms', '1']],
  'in some seconds': [['Retry-After', '0.01']],
  'at a time': [['Retry-After', 'Thu, 01 Jan 2026 00:00:00 GMT']],
};

/** Servers that refuse once, twice or always, and say when to come again; then they give `answer`. */
export function retriesTo(answer: Script): Record<string, Script> {
  const scripts: Record<string, Script> = {};
  for (const [when, headers] of Object.entries(WAITS)) {
    scripts[`429, to be tried again ${when}`] = [refused(429, headers), ...answer];
  }
  const now = WAITS['at once'] as [string, string][];
  for (const status of [408, 409, 500, 503, 529]) {
    scripts[`${status} twice`] = [refused(status, now), refused(status, now), ...answer];
  }
  scripts['429 for ever'] = [refused(429, now)];
  scripts['500, not to be tried again'] = [refused(500, [...now, ['x-should-retry', 'false']])];
  scripts['400, to be tried again'] = [
    refused(400, [...now, ['x-should-retry', 'true']]),
    ...answer,
  ];
  scripts['a connection that is cut'] = [[{ cut: 'fin' }], ...answer];
  scripts['a connection that is reset'] = [[{ cut: 'rst' }], ...answer];
  return scripts;
}

function refused(status: number, headers: [name: string, value: string][]): Script[number] {
  return refusal(status, 'application/json', JSON.stringify(WORDS[0]), headers);
}

function refusal(
  status: number,
  type: string,
  body: string,
  more: [name: string, value: string][] = [],
): Script[number] {
  const headers: [string, string][] = [['Content-Type', type], lengthOf(Buffer.from(body))];
  return [{ head: { status, headers: [...headers, ...usual(), ...more] } }, { bytes: body }];
}
