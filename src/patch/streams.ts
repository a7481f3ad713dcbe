import { isDecodable } from '../sse/events.js';
import { dialectOf } from './agreement.js';
import { anthropicDialects } from './anthropic-stream.js';
import { type Decoding, nativeIterator } from './native-stream.js';
import { openaiDialects } from './openai-stream.js';
import {
  isSdkStream,
  type Logger,
  type SdkClient,
  type SdkDialect,
  type SdkErrors,
  type SdkRequest,
  type SdkResponse,
  type SdkStream,
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

/** Who is told of the streams of a client or of a class. */
export interface StreamCount {
  /** One was opened, and the engine decodes it or does not. */
  opened(native: boolean): void;
  /** The engine has decoded an event of one. */
  event(): void;
}

/**
 * `request`, with streams whose events the engine decodes where the package reads them in one of the
 * dialects.
 */
export function withNativeStreams(
  request: SdkRequest,
  dialects: readonly SdkDialect[],
  count: StreamCount,
): SdkRequest {
  return function (this: SdkClient, ...rest) {
    const promise = request.apply(this, rest);
    const { parseResponse, _thenUnwrap: unwrap } = promise;
    if (typeof parseResponse !== 'function' || typeof unwrap !== 'function') return promise;
    const redirected = (stream: unknown, { response, options }: SdkResponse): unknown => {
      if (!options.stream || !isSdkStream(stream)) return stream;
      if (!isDecodable(response) || WITHOUT_BODY.has(response.status)) return stream;
      const opened = { stream, response, options, errors: this.constructor, complete: false };
      redirect(opened, this, dialects, count);
      return stream;
    };
    promise.parseResponse = async (...args) => {
      const parsed = await parseResponse.apply(promise, args);
      return redirected(parsed, args.at(-1) as SdkResponse);
    };
    // A resource makes its own of a stream in another promise, which parses by this one or for itself. A stream
    // that comes both ways is redirected twice, which is as good as once.
    promise._thenUnwrap = (transform) =>
      unwrap.call(promise, (parsed, response) => transform(redirected(parsed, response), response));
    return promise;
  };
}

/** Has a stream read natively, if that is how its package reads. Until that is known, its iterator waits. */
function redirect(
  opened: Omit<Decoding, 'logger'>,
  client: SdkClient,
  dialects: readonly SdkDialect[],
  count: StreamCount,
): void {
  const { stream } = opened;
  const original = stream.iterator;
  const decide = (dialect: SdkDialect | undefined): SdkStream['iterator'] => {
    count.opened(dialect !== undefined);
    if (dialect === undefined) return () => original.call(stream);
    const logger = dialect.log === 'console' ? console : loggerOf(client);
    return nativeIterator({ ...opened, logger }, dialect, count.event);
  };
  const dialect = dialectOf(stream.constructor, opened.errors, dialects);
  if (dialect instanceof Promise) {
    const decided = dialect.then(decide);
    stream.iterator = () => new UndecidedIterator(decided);
  } else {
    stream.iterator = decide(dialect);
  }
}

/** An iterator that is there once it is known which; from then on it takes no turn of its own. */
class UndecidedIterator implements AsyncIterableIterator<unknown> {
  readonly #decided: Promise<SdkStream['iterator']>;
  #begun: Promise<AsyncIterator<unknown>> | undefined;
  #iterator: AsyncIterator<unknown> | undefined;
  #over = false;

  constructor(decided: Promise<SdkStream['iterator']>) {
    this.#decided = decided;
  }

  next(): Promise<IteratorResult<unknown>> {
    if (this.#iterator !== undefined) return this.#iterator.next();
    if (this.#over) return Promise.resolve({ done: true, value: undefined });
    this.#begun ??= this.#decided.then((iterator) => {
      this.#iterator = iterator();
      return this.#iterator;
    });
    return this.#begun.then((iterator) => iterator.next());
  }

  async return(value?: unknown): Promise<IteratorResult<unknown>> {
    // Left before it was begun, nothing is begun.
    if (this.#begun === undefined) this.#over = true;
    const iterator = await this.#begun;
    return (await iterator?.return?.(value)) ?? { done: true, value };
  }

  async throw(reason: unknown): Promise<IteratorResult<unknown>> {
    if (this.#begun === undefined) this.#over = true;
    const iterator = await this.#begun;
    if (iterator?.throw === undefined) throw reason;
    return iterator.throw(reason);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** Where a client's errors are logged; nowhere for one that is to be silent, or has never said. */
function loggerOf({ logger, logLevel = 'off' }: SdkClient): Logger | undefined {
  return logLevel === 'off' ? undefined : logger;
}
