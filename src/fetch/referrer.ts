const POLICIES: readonly unknown[] = [
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

type RequestReferrer = Pick<RequestInit, 'referrer' | 'referrerPolicy'>;

/** What of an init is not the standard's. */
const OURS = new Set(['affinity', 'compress', 'connection', 'timeout']);

/**
 * Where a request says that it comes from: the policy, a space and the URL; empty for nowhere, as it is unless
 * somebody says otherwise, for no program on a server has a URL of its own. The engine decides for each hop what of
 * it is told.
 *
 * @throws {TypeError} for a referrer that is no URL, and for an unknown policy.
 */
export function referrerOf(init: RequestReferrer, request: Request | undefined): string {
  const { referrerPolicy, referrer } = init;
  if (referrerPolicy !== undefined && !POLICIES.includes(referrerPolicy)) {
    throw new TypeError(`RequestInit: referrerPolicy cannot be ${String(referrerPolicy)}`);
  }
  if (referrer !== undefined) return stated(referrer, referrerPolicy);
  if (request === undefined || hasKeys(init)) return '';
  return stated(request.referrer, request.referrerPolicy);
}

function stated(referrer: string, policy = ''): string {
  // What a request says that has none.
  if (referrer === '' || referrer === 'about:client') return '';
  let url: URL;
  try {
    url = new URL(referrer);
  } catch (cause) {
    throw new TypeError(`Referrer "${referrer}" is not a valid URL.`, { cause });
  }
  return url.protocol === 'http:' || url.protocol === 'https:' ? `${policy} ${url.href}` : '';
}

/** With anything in its init, a request made of another one forgets that one's referrer (Fetch, "new Request", step 13). */
function hasKeys(init: object): boolean {
  return Object.keys(init).some((key) => !OURS.has(key));
}
