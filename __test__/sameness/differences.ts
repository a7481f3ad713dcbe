import type { SeenRequest, Trace } from './trace.js';

/** Where a client on the engine differs from the same client without it, and why it has to. */
export interface Difference {
  readonly what: string;
  readonly why: string;
  /** A trace without it. */
  erase(trace: Trace): Trace;
}

/** Headers that built-in fetch adds of its own accord. */
const ADDED_BY_NODE: readonly (readonly [name: string, value: RegExp])[] = [
  ['accept-language', /^\*$/],
  ['sec-fetch-mode', /^cors$/],
  ['connection', /^keep-alive$/],
];

/** All of them; README.md has the same list for users. */
export const DIFFERENCES: readonly Difference[] = [
  {
    what: 'accept-language, sec-fetch-mode and connection are not sent unless the caller sets them',
    why: 'built-in fetch adds them as a browser would; they mean nothing to an API, and cost bytes',
    erase: inRequests((request) => ({
      ...request,
      headers: request.headers.filter(
        ([name, value]) =>
          !ADDED_BY_NODE.some(([added, usual]) => added === name && usual.test(value)),
      ),
    })),
  },
  {
    what: 'headers are sent in the order of the alphabet and in lower case, content-length last',
    why: 'that is how Headers yields them (Fetch standard, "sort and combine"); RFC 9110, 5.3 gives the order no meaning',
    erase: inRequests((request) => ({
      ...request,
      headers: request.headers
        .map(([name, value]) => [name.toLowerCase(), value] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    })),
  },
  {
    what: 'the cause of "fetch failed" and of "terminated" is a WarmlineError',
    why: 'it says more than undici does: phase, bytes, attempt; its code is the one that undici has for the case',
    erase: inFailures(({ code }) => ({ code })),
  },
  {
    what: 'what is not valid HTTP, or redirected for ever, has a code (HPE_*, WARMLINE_REDIRECT)',
    why: 'undici has none for most of it, and one of a wrong length for two lengths that differ',
    erase: inFailures(({ code }) => ({ code: isOfProtocol(code) ? undefined : code })),
  },
  {
    what: 'a body that is not in the coding it claims has a code of ours (WARMLINE_DECOMPRESSION_INVALID)',
    why: "built-in fetch has zlib's code (Z_DATA_ERROR), for those codings that it leaves to zlib",
    erase: inFailures(({ code }) => ({ code: isOfCoding(code) ? 'of the coding' : code })),
  },
  {
    what: 'of an event whose data is no JSON, the log has the name and the data, and no other of its lines',
    why: 'the engine hands over what an event means; ids, comments and spaces of events that nobody asks for stay there',
    erase: (trace) => ({
      ...trace,
      log: trace.log.map((line) => (isOfChunk(line) ? [FROM_CHUNK] : line)),
    }),
  },
];

/** A trace without any of the {@link DIFFERENCES}. */
export function essence(trace: Trace): Trace {
  return DIFFERENCES.reduce((rest, { erase }) => erase(rest), trace);
}

/** Whether a request came from built-in fetch. */
export function isFromNode({ headers }: SeenRequest): boolean {
  return headers.some(([name]) => name === 'sec-fetch-mode');
}

function inRequests(erase: (request: SeenRequest) => SeenRequest): Difference['erase'] {
  return (trace) => ({ ...trace, requests: trace.requests.map(erase) });
}

const FAILURES = ['fetch failed', 'terminated'];

const AI_SDK_FAILURE = 'Cannot connect to API: ';

type Cause = Readonly<Record<string, unknown>>;

/** Has `erase` make its own of what made `fetch` or a body fail, wherever that is in a trace. */
function inFailures(erase: (cause: Cause) => Cause): Difference['erase'] {
  const within = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(within);
    const { class: kind, name, message, cause } = value as Record<string, unknown>;
    if (kind === 'TypeError' && FAILURES.includes(message as string)) {
      return { ...value, cause: erase((cause ?? {}) as Cause) };
    }
    // The AI SDK says the cause's own message, and leaves out what it was the cause of.
    if (name === 'AI_APICallError' && String(message).startsWith(AI_SDK_FAILURE)) {
      return { ...value, message: AI_SDK_FAILURE, cause: erase((cause ?? {}) as Cause) };
    }
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, within(inner)]));
  };
  return (trace) => ({
    ...trace,
    values: trace.values.map(within),
    error: within(trace.error),
  });
}

function isOfCoding(code: unknown): boolean {
  return code === 'Z_DATA_ERROR' || code === 'WARMLINE_DECOMPRESSION_INVALID';
}

const FROM_CHUNK = 'From chunk:';

function isOfChunk(line: unknown): boolean {
  return Array.isArray(line) && line[0] === FROM_CHUNK;
}

function isOfProtocol(code: unknown): boolean {
  const ours = typeof code === 'string' && /^HPE_|^WARMLINE_REDIRECT$/.test(code);
  return ours || code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH';
}
