import { events, type ServerSentEvent } from './events.js';
import { mediaType } from './media-types.js';
import { unexpected } from './unexpected-response.js';

const DONE = { done: true, value: undefined } as const;

/** The events of a response that is expected to be an event stream. */
export async function expectEvents(
  response: Response,
): Promise<AsyncIterableIterator<ServerSentEvent, undefined, undefined>> {
  if (response.ok && mediaType(response) === 'text/event-stream') return events(response);
  throw await unexpected(response);
}

/**
 * A stream whose request is sent when it is first read. Leaving it stops the request, too, should it
 * still be under way.
 */
export class Requested<T> implements AsyncIterableIterator<T, undefined, undefined> {
  readonly #request: (
    signal: AbortSignal,
  ) => Promise<AsyncIterableIterator<T, undefined, undefined>>;
  readonly #stop: AbortController = new AbortController();
  #requested: Promise<AsyncIterableIterator<T, undefined, undefined>> | undefined;
  #stream: AsyncIterableIterator<T, undefined, undefined> | undefined;
  /** It has been left, or its reader told why there is none. */
  #over = false;

  /** `request` ends early, with whatever it has got, once its signal is aborted. */
  constructor(
    request: (signal: AbortSignal) => Promise<AsyncIterableIterator<T, undefined, undefined>>,
  ) {
    this.#request = request;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#stream !== undefined) return this.#stream.next();
    if (this.#over) return Promise.resolve(DONE);
    this.#requested ??= this.#request(this.#stop.signal);
    // Readers who wait side by side are answered in their order: the first of them opens the way for
    // those who come later.
    return this.#requested.then(
      (stream) => {
        this.#stream = stream;
        if (this.#over) stream.return?.();
        return stream.next();
      },
      (reason: unknown) => {
        if (this.#over) return DONE;
        this.#over = true;
        throw reason;
      },
    );
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#over = true;
    if (this.#stream === undefined) this.#stop.abort();
    else this.#stream.return?.();
    return Promise.resolve(DONE);
  }

  throw(reason: unknown): Promise<IteratorResult<T, undefined>> {
    this.return();
    return Promise.reject(reason);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
