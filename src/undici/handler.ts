/** Who asked undici for a request, in either of the two ways in which they want to be told of it. */

/** undici 7 and later, and what its interceptors wrap. */
interface Handler {
  onRequestStart?(controller: Controller, context: object): void;
  onResponseStarted?(): void;
  onResponseStart?(
    controller: Controller,
    status: number,
    headers: Record<string, string | string[]>,
    statusText: string,
  ): void;
  onResponseData?(controller: Controller, chunk: Buffer): void;
  onResponseEnd?(controller: Controller, trailers: object): void;
  onResponseError?(controller: Controller, error: unknown): void;
}

/** undici 6, and much that was written for it; `false` asks to wait for `resume`. */
interface LegacyHandler {
  onConnect?(abort: (reason?: unknown) => void, context: object): void;
  onResponseStarted?(): void;
  onHeaders?(status: number, raw: Buffer[], resume: () => void, statusText: string): unknown;
  onData?(chunk: Buffer): unknown;
  onComplete?(trailers: Buffer[]): void;
  onError?(error: unknown): void;
}

export type AnyHandler = Handler & LegacyHandler;

/** What a handler can do to its request. */
export interface Controller {
  readonly paused: boolean;
  readonly aborted: boolean;
  readonly reason: unknown;
  /** Names and values in turn; null before the response. */
  readonly rawHeaders: Buffer[] | null;
  readonly rawTrailers: Buffer[] | null;
  pause(): void;
  resume(): void;
  abort(reason?: unknown): void;
}

/** A response's head, in the forms in which handlers want it. */
export interface Head {
  readonly status: number;
  readonly statusText: string;
  readonly raw: Buffer[];
  readonly headers: Record<string, string | string[]>;
}

/** A handler of either kind, as one. */
export interface Listener {
  start(controller: Controller): void;
  head(controller: Controller, head: Head): void;
  data(controller: Controller, chunk: Buffer): void;
  end(controller: Controller): void;
  error(controller: Controller, error: unknown): void;
}

/** @throws {TypeError} for what is no handler. */
export function listenerOf(handler: unknown): Listener {
  if (typeof handler !== 'object' || handler === null) {
    throw new TypeError('handler must be an object');
  }
  const { onRequestStart, onResponseError, onError } = handler as AnyHandler;
  if (typeof (onRequestStart ?? onResponseError) === 'function') return current(handler);
  if (typeof onError !== 'function') throw new TypeError('invalid onError method');
  return legacy(handler);
}

function current(handler: Handler): Listener {
  return {
    start: (controller) => handler.onRequestStart?.(controller, {}),
    head(controller, { status, headers, statusText }) {
      handler.onResponseStarted?.();
      handler.onResponseStart?.(controller, status, headers, statusText);
    },
    data: (controller, chunk) => handler.onResponseData?.(controller, chunk),
    end: (controller) => handler.onResponseEnd?.(controller, {}),
    error: (controller, error) => handler.onResponseError?.(controller, error),
  };
}

function legacy(handler: LegacyHandler): Listener {
  return {
    start(controller) {
      handler.onConnect?.((reason) => controller.abort(reason), {});
    },
    head(controller, { status, raw, statusText }) {
      handler.onResponseStarted?.();
      const resume = () => controller.resume();
      if (handler.onHeaders?.(status, raw, resume, statusText) === false) controller.pause();
    },
    data(controller, chunk) {
      if (handler.onData?.(chunk) === false) controller.pause();
    },
    end: () => handler.onComplete?.([]),
    error: (_, error) => handler.onError?.(error),
  };
}

/** The lines of a completion record's head, for a handler. */
export function headOf(status: number, text: string): Head {
  const [statusText = '', , , ...lines] = text.split('\n');
  // The last line ends with a line feed, too.
  lines.pop();
  const headers: Record<string, string | string[]> = Object.create(null);
  for (let i = 0; i < lines.length; i += 2) {
    const [name, value] = lines.slice(i, i + 2) as [string, string];
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (typeof before === 'string') headers[name] = [before, value];
    else before.push(value);
  }
  let raw: Buffer[] | undefined;
  return {
    status,
    statusText,
    headers,
    get raw() {
      raw ??= lines.map((line) => Buffer.from(line, 'latin1'));
      return raw;
    },
  };
}
