import type { DecodedEvent } from '../native/events.js';
import { Wish } from '../native/wire.js';
import type { EventStream } from '../sse/event-flow.js';
import { type Failure, OVER } from '../sse/event-flow.js';
import { decoded, isDecodable } from '../sse/events.js';

/** What the `openai` package's stream reader is, as far as it is replaced. */
interface SdkStream {
  iterator: () => AsyncIterator<unknown>;
  readonly controller: AbortController;
}

interface SdkResponse {
  readonly response: Response;
  readonly options: {
    readonly stream?: unknown;
    readonly __streamClass?: unknown;
    readonly __synthesizeEventData?: unknown;
    readonly __streamMode?: unknown;
  };
}

/** The error classes that hang on every client's class. */
interface SdkErrors {
  readonly APIError: new (
    status: undefined,
    error: unknown,
    message: undefined,
    headers: Headers,
  ) => Error;
  readonly OpenAIError: new (message: string) => Error;
}

interface Logger {
  error(message: string): void;
}

/** Statuses whose responses have no body: the package has its own word for a stream without one. */
const WITHOUT_BODY = new Set([204, 205, 304]);

/** A client's `request`: a promise that parses the response when it is awaited. */
export type SdkRequest = (this: SdkClient, ...rest: unknown[]) => SdkPromise;

interface SdkClient {
  readonly constructor: SdkErrors;
  readonly logger?: Logger;
}

interface SdkPromise {
  parseResponse?: (client: SdkClient, response: SdkResponse) => unknown;
  _thenUnwrap?: (transform: (parsed: unknown, response: SdkResponse) => unknown) => SdkPromise;
}

/** Whether a client, or the prototype of its class, is of a package whose streams are read as here. */
export function decodesLikeThis(client: object): boolean {
  const { APIError, OpenAIError } = client.constructor as Partial<SdkErrors>;
  return typeof APIError === 'function' && typeof OpenAIError === 'function';
}

/** `request`, with streams whose events the engine decodes. */
export function withNativeStreams(request: SdkRequest): SdkRequest {
  return function (this: SdkClient, ...rest) {
    const promise = request.apply(this, rest);
    const { parseResponse, _thenUnwrap: unwrap } = promise;
    if (typeof parseResponse !== 'function' || typeof unwrap !== 'function') return promise;
    const redirected = (parsed: unknown, response: SdkResponse): unknown => {
      if (response.options.stream && isSdkStream(parsed)) {
        decodeNatively(parsed, response, this.constructor, this.logger ?? console);
      }
      return parsed;
    };
    promise.parseResponse = async (client, response) =>
      redirected(await parseResponse.call(promise, client, response), response);
    // A resource that makes something of its response parses it by a promise of its own.
    promise._thenUnwrap = (transform) =>
      unwrap.call(promise, (parsed, response) => transform(redirected(parsed, response), response));
    return promise;
  };
}

/** A stream as the newest version of the package makes it; an older one is left to itself. */
function isSdkStream(value: unknown): value is SdkStream {
  if (typeof value !== 'object' || value === null) return false;
  const { iterator, controller } = value as Partial<SdkStream>;
  const make = (value.constructor as { fromSSEResponse?: unknown }).fromSSEResponse;
  return (
    typeof iterator === 'function' &&
    controller instanceof AbortController &&
    typeof make === 'function' &&
    String(make).includes('receivedCompletionSentinel')
  );
}

/**
 * Lets a stream of the `openai` package take its events from the engine, which decodes them, instead of
 * decoding the body itself. It stays the object that it was; all that is replaced is where its iterator
 * begins, and only for a response of the engine.
 */
function decodeNatively(
  stream: SdkStream,
  { response, options }: SdkResponse,
  errors: SdkErrors,
  logger: Logger,
): void {
  if (!isDecodable(response) || WITHOUT_BODY.has(response.status)) return;
  let consumed = false;
  stream.iterator = () => {
    const again = consumed;
    consumed = true;
    return new NativeIterator(stream.controller, () => {
      if (again) {
        throw new errors.OpenAIError(
          'Cannot iterate over a consumed stream, use `.tee()` to split the stream.',
        );
      }
      return decoded(response, Wish.openai, shaped(response, options, errors, logger), (reason) =>
        told(reason, stream.controller, errors),
      );
    });
  };
}

/** What the package yields for an event, or throws. */
function shaped(
  response: Response,
  options: SdkResponse['options'],
  errors: SdkErrors,
  logger: Logger,
): (event: DecodedEvent) => unknown {
  const legacy = options.__streamMode === undefined || options.__streamMode === 'legacy';
  return ({ name, data: decodedData, isText }) => {
    let data = decodedData as { error?: unknown } | null;
    if (isText) {
      if (decodedData === '[DONE]') return OVER;
      try {
        data = JSON.parse(decodedData as string) as { error?: unknown } | null;
      } catch {
        logger.error('Could not parse message into JSON:');
        logger.error('From chunk:');
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
}

/** An abort ends the stream without a word; everything else is thrown. Either way the request is stopped. */
function told(
  reason: unknown,
  controller: AbortController,
  errors: SdkErrors,
): Failure | undefined {
  const { signal } = controller;
  const quiet =
    (isAbort(reason) && !(reason instanceof errors.APIError)) ||
    (signal.aborted && reason === signal.reason);
  controller.abort();
  return quiet ? undefined : { reason };
}

function isAbort(reason: unknown): boolean {
  return typeof reason === 'object' && reason !== null && (reason as Error).name === 'AbortError';
}

/** Begins with the first read, and aborts the request when it is left before its end. */
class NativeIterator implements AsyncIterableIterator<unknown> {
  readonly #controller: AbortController;
  readonly #begin: () => EventStream<unknown>;
  #events: EventStream<unknown> | undefined;
  #over = false;

  constructor(controller: AbortController, begin: () => EventStream<unknown>) {
    this.#controller = controller;
    this.#begin = begin;
  }

  next(): Promise<IteratorResult<unknown>> {
    if (this.#over) return Promise.resolve({ done: true, value: undefined });
    try {
      this.#events ??= this.#begin();
    } catch (error) {
      this.#over = true;
      return Promise.reject(error);
    }
    return this.#events.next();
  }

  return(value?: unknown): Promise<IteratorResult<unknown>> {
    this.#leave();
    return Promise.resolve({ done: true, value });
  }

  throw(reason: unknown): Promise<IteratorResult<unknown>> {
    this.#leave();
    return Promise.reject(reason);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #leave(): void {
    // Left before it was begun, or after its end, nothing is aborted: a generator's body does not run then.
    if (this.#events?.over === false) this.#controller.abort();
    this.#over = true;
  }
}
