import { Wish } from '../native/wire.js';
import { OVER, SKIP } from '../sse/event-flow.js';
import { parsedData } from './parsed-data.js';
import { isAbort, type SdkDialect, type SdkErrors } from './sdk.js';

const CONSUMED = 'Cannot iterate over a consumed stream, use `.tee()` to split the stream.';

/** What an event's data may be, as far as it is looked at. */
type Data = { readonly error?: unknown; readonly message?: string } | null;

/** How the newest `openai` reads a stream. */
const newest: SdkDialect = {
  wish: Wish.openai,
  log: 'client',
  turns: 6,

  shape({ response, options, errors, logger }) {
    const legacy = options.__streamMode === undefined || options.__streamMode === 'legacy';
    return ({ name, data: decoded, isText }) => {
      let data = decoded as Data;
      if (isText) {
        if (decoded === '[DONE]') return OVER;
        try {
          data = JSON.parse(decoded as string) as Data;
        } catch {
          logger?.error('Could not parse message into JSON:');
          logger?.error('From chunk:');
          throw new SyntaxError('Error reading response: malformed server-sent event JSON.');
        }
      }
      const event = name ?? null;
      if (legacy) {
        if (event?.startsWith('thread.')) return { event, data };
        if (event === 'error') {
          throw new errors.APIError(undefined, data?.error ?? data, undefined, response.headers);
        }
        if (data?.error) {
          throw new errors.APIError(undefined, data.error, undefined, response.headers);
        }
      }
      return options.__synthesizeEventData ? { event, data } : data;
    };
  },

  isQuiet(reason, { stream }) {
    const { signal } = stream.controller;
    return isAbort(reason) || (signal.aborted && reason === signal.reason);
  },

  consumed,
};

/** Versions 5 and 6: what follows `[DONE]` is read, and dropped, up to the end of the body. */
const six: SdkDialect = {
  wish: Wish.openai6,
  log: 'client',
  turns: 6,

  shape(opened) {
    const { response, options, errors, logger } = opened;
    return ({ name, data: decoded, isText }) => {
      if (opened.complete) return SKIP;
      if (isText && (decoded as string).startsWith('[DONE]')) {
        opened.complete = true;
        return SKIP;
      }
      const event = name ?? null;
      const ofThread = event?.startsWith('thread.');
      const data = isText
        ? parsedData(decoded as string, name, ofThread ? console : logger)
        : decoded;
      if (ofThread) return { event, data };
      const error = (data as Data)?.error;
      if (error) throw new errors.APIError(undefined, error, undefined, response.headers);
      return options.__synthesizeEventData ? { event, data } : data;
    };
  },

  isQuiet: isAbort,
  consumed,
};

/** Version 4: as 6, but every name except a few makes an envelope. */
const four: SdkDialect = {
  wish: Wish.openai4,
  log: 'console',
  turns: 6,

  shape(opened) {
    const { response, errors, logger } = opened;
    return ({ name, data: decoded, isText }) => {
      if (opened.complete) return SKIP;
      if (isText && (decoded as string).startsWith('[DONE]')) {
        opened.complete = true;
        return SKIP;
      }
      const data = isText ? parsedData(decoded as string, name, logger) : decoded;
      if (name === undefined || name.startsWith('response.') || name.startsWith('transcript.')) {
        const error = (data as Data)?.error;
        if (error) throw new errors.APIError(undefined, error, undefined, plain(response.headers));
        return data;
      }
      if (name === 'error') {
        // Data that is null fails here, as it does in the package.
        const body = data as NonNullable<Data>;
        throw new errors.APIError(undefined, body.error, body.message, undefined);
      }
      return { event: name, data };
    };
  },

  isQuiet: isAbort,
  consumed: () => new Error(CONSUMED),
};

/** Newest first: where two of them agree with a version, it is nearer to the newer one. */
export const openaiDialects: readonly SdkDialect[] = [newest, six, four];

function consumed({ OpenAIError }: SdkErrors): Error {
  return new OpenAIError(CONSUMED);
}

/** Headers as version 4 has them in its errors: a plain object whose names may be asked for in any case. */
function plain(headers: Headers): object {
  return new Proxy<Record<string, string>>(Object.fromEntries(headers), {
    get: (target, name) => target[String(name).toLowerCase()] || target[String(name)],
  });
}
