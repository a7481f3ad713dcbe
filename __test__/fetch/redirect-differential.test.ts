import { expect, it } from 'vitest';
import { fetch as warmlineFetch } from 'warmline';
import { echo } from '../servers/echo.js';
import { type HttpServer, httpServer } from '../servers/http.js';
import type { Fetch } from './implementations.js';

/** What both send, each in its own words, or one of them alone (see the differential tests of SDKs). */
const NOT_COMPARED = new Set([
  'accept-language',
  'connection',
  'host',
  'sec-fetch-mode',
  'user-agent',
  'x-run',
]);

interface Case {
  readonly status: number;
  readonly init: () => RequestInit & { duplex?: 'half' };
  /** `{here}` and `{there}` are the origins of two servers. */
  readonly locations: readonly string[];
  readonly fragment: string;
}

const USUAL: Case = {
  status: 302,
  init: () => ({}),
  locations: ['/end'],
  fragment: '',
};

const STATUSES = [301, 302, 303, 307, 308];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'post', 'REPORT'];
const HEADERS = {
  authorization: 'Bearer secret',
  cookie: 'a=b',
  'proxy-authorization': 'Basic secret',
  'x-api-key': 'kept',
  'content-language': 'de',
  'content-type': 'text/x-own',
  'content-location': '/x',
};

const BODIES: Record<string, () => NonNullable<RequestInit['body']>> = {
  text: () => 'content',
  // The built-in fetch of Node 22 and before fails to send bytes again.
  ...(Number.parseInt(process.versions['undici'] ?? '', 10) < 7
    ? {}
    : { bytes: () => Buffer.from('content') }),
  parameters: () => new URLSearchParams({ a: 'ü' }),
  blob: () => new Blob(['content'], { type: 'text/x-blob' }),
  'an empty text': () => '',
  'an empty blob': () => new Blob([]),
  stream: () => ReadableStream.from([Buffer.from('content')]),
};

const LOCATIONS = [
  'relative',
  '../up',
  '?query',
  '#new',
  '',
  '.',
  '//{there.host}/end',
  '{there}/end',
  '{here}/end#new',
  'HTTP:/end',
  'http:end',
  '/with space',
  '/ü',
  '/%zz',
  '\\back\\slashes',
  '/a/./b/../c',
  '{there}',
  '{there}?q',
  'http://user:password@{there.host}/end',
  'http://user@{here.host}/end',
  'http://@{here.host}/end',
  'http://',
  'http://[::1',
  'http://127.0.0.1:99999/',
  'http://a b/',
  'ftp://127.0.0.1/',
  'file:///etc/hostname',
  'data:text/plain,hello',
  'about:blank',
  'javascript:alert(1)',
  'mailto:a@b.c',
  'blob:http://127.0.0.1/x',
  'http://127.0.0.1:6666/',
];

function table(): [title: string, Case][] {
  const cases: [string, Partial<Case>][] = [];
  for (const status of STATUSES) {
    for (const method of METHODS) {
      const headers = HEADERS;
      cases.push([`${status} of ${method}`, { status, init: () => ({ method, headers }) }]);
      const locations = ['{there}/end'];
      const init = () => ({ method, headers });
      cases.push([`${status} of ${method} to another origin`, { status, init, locations }]);
    }
    for (const [kind, body] of Object.entries(BODIES)) {
      for (const method of ['POST', 'PUT']) {
        const init = () => ({ method, body: body(), duplex: 'half' as const });
        cases.push([`${status} of ${method} with ${kind}`, { status, init }]);
      }
    }
    for (const redirect of ['error', 'manual'] as const) {
      cases.push([`${status} in mode ${redirect}`, { status, init: () => ({ redirect }) }]);
    }
  }
  for (const location of LOCATIONS) {
    for (const fragment of ['', '#old']) {
      cases.push([`to ${location} from ${fragment}`, { locations: [location], fragment }]);
    }
  }
  for (const status of [300, 304, 305, 306, 200, 201, 404]) {
    cases.push([`${status}, which is none`, { status }]);
  }
  const there = '{there}/1';
  const init = () => ({ headers: HEADERS });
  cases.push(['there and back', { init, locations: [there, '{here}/2', '/3'] }]);
  cases.push(['fragments on the way', { locations: ['/1#a', '/2', '/3#c'], fragment: '#0' }]);
  cases.push(['twenty', { locations: Array(20).fill('/x') }]);
  cases.push(['twenty-one', { locations: Array(21).fill('/x') }]);
  return cases.map(([title, some]) => [title, { ...USUAL, ...some }]);
}

/** One request's way, whichever server it comes to. */
interface Run extends Pick<Case, 'status'> {
  readonly locations: string[];
}

/** Redirects along a run's locations, and echoes at their end. */
function redirecting(runs: Map<unknown, Run>): Promise<HttpServer> {
  return httpServer((request, response) => {
    const run = runs.get(request.headers['x-run']);
    const location = run?.locations.shift();
    if (run === undefined || location === undefined) {
      void echo(request, response);
      return;
    }
    request.resume();
    const text = Buffer.from(location).toString('latin1');
    response.writeHead(run.status, { location: text }).end('moved');
  });
}

type Answer = Record<string, unknown>;

async function outcome(fetch: Fetch, url: string, init: RequestInit): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    return { failed: (error as Error).name, message: (error as Error).message };
  }
  const { status, statusText, redirected, ok, type } = response;
  const text = await response.text();
  const seen = response.headers.get('content-type') === 'application/json' && text !== '';
  return {
    ...{ status, statusText, redirected, ok, type, url: response.url },
    location: response.headers.get('location'),
    text: seen ? comparable(JSON.parse(text)) : text,
  };
}

function comparable(seen: { headers: [string, string][] }): object {
  const headers = seen.headers
    .map(([name, value]): [string, string] => [name.toLowerCase(), value])
    .filter(([name]) => !NOT_COMPARED.has(name))
    .sort();
  return { ...seen, headers };
}

it.each(table())('%s is what built-in fetch makes of it', async (_, one) => {
  const runs = new Map<unknown, Run>();
  await using here = await redirecting(runs);
  await using there = await redirecting(runs);
  const hosts = (text: string) =>
    text
      .replace('{here}', here.origin)
      .replace('{there}', there.origin)
      .replace('{here.host}', `127.0.0.1:${here.port}`)
      .replace('{there.host}', `127.0.0.1:${there.port}`);
  const run = async (fetch: Fetch): Promise<Answer> => {
    const { headers, ...init } = one.init();
    const id = `${runs.size}`;
    runs.set(id, { ...one, locations: one.locations.map(hosts) });
    return await outcome(fetch, `${here.origin}/dir/start${one.fragment}`, {
      ...init,
      headers: { ...(headers as object), 'x-run': id },
    });
  };
  expect(await run(warmlineFetch)).toEqual(await run(globalThis.fetch));
});
