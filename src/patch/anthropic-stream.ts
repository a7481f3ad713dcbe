import { Wish } from '../native/wire.js';
import { parsedData } from './parsed-data.js';
import { isAbort, type SdkDialect } from './sdk.js';

/** How `@anthropic-ai/sdk` reads a stream. What it skips (pings, events without a name), the engine skips. */
const current: SdkDialect = {
  wish: Wish.anthropic,
  log: 'client',
  turns: 4,

  shape({ response, errors, logger }) {
    return ({ name, data, isText }) => {
      if (name === 'error') {
        const body = (isText ? jsonOf(data as string) : data) ?? data;
        const { type } = (body as { error?: { type?: unknown } }).error ?? {};
        throw new errors.APIError(undefined, body, undefined, response.headers, type);
      }
      return isText ? parsedData(data as string, name, logger) : data;
    };
  },

  isQuiet: isAbort,

  consumed: ({ AnthropicError }) =>
    new AnthropicError('Cannot iterate over a consumed stream, use `.tee()` to split the stream.'),

  over({ stream, options }) {
    if (!options.signal) return;
    // The package listens to the caller's signal until a stream of this controller has ended. Only its own
    // streams can tell it so, and one without a body ends at once.
    stream.constructor.fromSSEResponse(new Response(''), stream.controller).iterator().next();
  },
};

export const anthropicDialects: readonly SdkDialect[] = [current];

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
