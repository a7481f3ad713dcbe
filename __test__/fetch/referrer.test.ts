import { describe, expect, it } from 'vitest';
import { fetch } from 'warmline';
import { type HttpServer, httpServer } from '../servers/http.js';
import { type Fetch, implementations, typeError } from './implementations.js';

type ReferrerPolicy = NonNullable<RequestInit['referrerPolicy']>;

const POLICIES: readonly ReferrerPolicy[] = [
  '',
  'no-referrer',
  'no-referrer-when-downgrade',
  'same-origin',
  'origin',
  'strict-origin',
  'origin-when-cross-origin',
  'strict-origin-when-cross-origin',
  'unsafe-url',
];

/** The newest built-in fetch takes no origin for the same under these two, and older ones are further from the standard. */
const NOT_AS_BUILT_IN = new Set<ReferrerPolicy>(['same-origin', 'origin-when-cross-origin']);
const isNewest = Number.parseInt(process.versions['undici'] ?? '', 10) >= 7;

/** Redirects along the URLs in the query, under the policy in it; keeps what it was told. */
async function telling(): Promise<HttpServer & { readonly told: (string | undefined)[] }> {
  const told: (string | undefined)[] = [];
  const server = await httpServer((request, response) => {
    told.push(request.headers.referer);
    const query = new URL(request.url ?? '', 'http://a').searchParams;
    const location = query.get('to');
    const policy = query.get('policy') ?? '';
    if (location === null) response.end();
    else response.writeHead(302, { location, 'referrer-policy': policy }).end();
  });
  return { ...server, told };
}

const hop = (origin: string, to: string, policy: string): string =>
  `${origin}/hop?${new URLSearchParams({ to, policy })}`;

/** What each hop is told from one origin to the other and back, the first of them under another policy. */
async function told(fetch: Fetch, init: RequestInit, policy: string): Promise<unknown> {
  await using here = await telling();
  await using there = await telling();
  const referrer = init.referrer?.replace('{here}', here.origin);
  const way = hop(here.origin, hop(there.origin, `${here.origin}/end`, ''), policy);
  await fetch(way, { ...init, ...(referrer === undefined ? {} : { referrer }) });
  const plain = (value: string | undefined) => value?.replaceAll(here.origin, '{here}');
  return { here: here.told.map(plain), there: there.told.map(plain) };
}

describe('a referrer', () => {
  it.runIf(isNewest).each(
    POLICIES.filter((policy) => !NOT_AS_BUILT_IN.has(policy)).flatMap((referrerPolicy) =>
      ['', 'unsafe-url', 'no-referrer', 'origin, unknown'].map((then) => ({
        referrerPolicy,
        then,
      })),
    ),
  )(
    'under "$referrerPolicy", and "$then" after a redirect, is told as built-in fetch tells it',
    async ({ referrerPolicy, then }) => {
      for (const referrer of [
        '{here}/from?a=b#c',
        'http://a:b@other.test/from',
        'about:client',
        '',
      ]) {
        for (const headers of [{}, { referer: 'own' }]) {
          const init = { referrer, referrerPolicy, headers };
          expect(await told(fetch, init, then)).toEqual(await told(globalThis.fetch, init, then));
        }
      }
    },
  );

  it('is told to its own origin alone, or whole there alone', async () => {
    const referrer = '{here}/from?a=b#c';
    expect(await told(fetch, { referrer, referrerPolicy: 'same-origin' }, '')).toEqual({
      here: ['{here}/from?a=b', undefined],
      there: [undefined],
    });
    expect(await told(fetch, { referrer, referrerPolicy: 'origin-when-cross-origin' }, '')).toEqual(
      { here: ['{here}/from?a=b', '{here}/'], there: ['{here}/'] },
    );
  });

  it('is told as a Request has it, unless anything else is given', async () => {
    await using server = await telling();
    const from = () => new Request(server.origin, { referrer: 'http://other.test/from' });
    await fetch(from());
    await fetch(from(), { headers: { a: 'b' } });
    expect(server.told).toEqual(['http://other.test/', undefined]);
  });
});

describe.each(implementations)('$name fetch', ({ fetch }) => {
  it.each<RequestInit>([
    { referrer: 'no URL' },
    { referrer: '/relative' },
    { referrerPolicy: 'unknown' as ReferrerPolicy },
  ])('refuses %j', async (init) => {
    await using server = await telling();
    await typeError(fetch(server.origin, init));
    expect(server.requestCount).toBe(0);
  });
});
