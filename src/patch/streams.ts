import { isDecodable } from '../sse/events.js';
import { dialectOf } from './agreement.js';
import { anthropicDialects } from './anthropic-stream.js';
import { decodeNatively } from './native-stream.js';
import { openaiDialects } from './openai-stream.js';
import {
  isSdkStream,
  type Logger,
  type SdkClient,
  type SdkDialect,
  type SdkErrors,
  type SdkRequest,
  type SdkResponse,
} from './sdk.js';

/** Statuses whose responses have no body: the SDKs have their own word for a stream without one. */
const WITHOUT_BODY = new Set([204, 205, 304]);

/** How the package of a client, or of a class's prototype, may read its streams; none for what is no such package. */
export function dialectsFor(client: object): readonly SdkDialect[] {
  const { APIError, OpenAIError, AnthropicError } = client.constructor as Partial<SdkErrors>;
  if (typeof APIError !== 'function') return [];
  if (typeof OpenAIError === 'function') return openaiDialects;
  return typeof AnthropicError === 'function' ? anthropicDialects : [];
}

/**
 * `request`, with streams whose events the engine decodes where the package reads them in one of the
 * dialects. `onStream` hears of each stream whether it does.
 */
export function withNativeStreams(
  request: SdkRequest,
  dialects: readonly SdkDialect[],
  onStream: (native: boolean) => void,
): SdkRequest {
  return function (this: SdkClient, ...rest) {
    const promise = request.apply(this, rest);
    const { parseResponse } = promise;
    if (typeof parseResponse !== 'function') return promise;
    promise.parseResponse = async (...args) => {
      const parsed = await parseResponse.apply(promise, args);
      const { response, options } = args.at(-1) as SdkResponse;
      if (!options.stream || !isSdkStream(parsed)) return parsed;
      if (!isDecodable(response) || WITHOUT_BODY.has(response.status)) return parsed;
      const errors = this.constructor;
      const dialect = await dialectOf(parsed.constructor, errors, dialects);
      onStream(dialect !== undefined);
      if (dialect !== undefined) {
        const logger = dialect.log === 'console' ? console : loggerOf(this);
        const stream = parsed;
        decodeNatively({ stream, response, options, errors, logger, complete: false }, dialect);
      }
      return parsed;
    };
    return promise;
  };
}

/** Where a client's errors are logged; nowhere for one that is to be silent, or has never said. */
function loggerOf({ logger, logLevel = 'off' }: SdkClient): Logger | undefined {
  return logLevel === 'off' ? undefined : logger;
}
