/** What the SDKs are made of, as far as their streams are concerned: one generator writes both of them. */

import type { DecodedEvent } from '../native/events.js';
import type { OVER, SKIP } from '../sse/event-flow.js';

/** A client's `request`: a promise that parses the response when it is awaited. */
export type SdkRequest = (this: SdkClient, ...rest: unknown[]) => SdkPromise;

export interface SdkClient {
  readonly constructor: SdkErrors;
  readonly logger?: Logger;
  readonly logLevel?: string;
}

/** The error classes that hang on every client's class: the first of all SDKs, the others of one each. */
export interface SdkErrors {
  readonly APIError: new (
    status: undefined,
    error: unknown,
    message: string | undefined,
    headers: object | undefined,
    type?: unknown,
  ) => Error;
  readonly OpenAIError: new (message: string) => Error;
  readonly AnthropicError: new (message: string) => Error;
}

export interface Logger {
  error(message: string, ...details: unknown[]): void;
}

export interface SdkPromise {
  /** The last argument is the response with its request. */
  parseResponse?: (...rest: unknown[]) => unknown;
  _thenUnwrap?: (transform: (parsed: unknown, response: SdkResponse) => unknown) => SdkPromise;
}

export interface SdkResponse {
  readonly response: Response;
  readonly options: SdkOptions;
}

/** What a request was asked for with. */
export interface SdkOptions {
  readonly stream?: unknown;
  readonly signal?: AbortSignal | null;
  readonly headers?: object | undefined;
  readonly __metadata?: { readonly helperMethod?: unknown } | undefined;
  readonly __synthesizeEventData?: unknown;
  readonly __streamMode?: unknown;
}

/** A stream of a package: whoever reads it calls `iterator`, and that is read from the object each time. */
export interface SdkStream {
  iterator: () => AsyncIterator<unknown>;
  readonly controller: AbortController;
  readonly constructor: SdkStreamClass;
}

export interface SdkStreamClass {
  fromSSEResponse(response: Response, controller: AbortController, client?: object): SdkStream;
}

/** A stream that is to be read natively, and what its package knows of it. */
export interface Opened {
  readonly stream: SdkStream;
  readonly response: Response;
  readonly options: SdkOptions;
  readonly errors: SdkErrors;
  readonly logger: Logger | undefined;
  /** The package takes the stream for ended, though its body may go on: a failure now aborts nothing. */
  complete: boolean;
}

/** How one package, in some of its versions, reads a stream. */
export interface SdkDialect {
  /** How the engine decodes the body. */
  readonly wish: number;
  /** Where it complains of data that is no JSON. */
  readonly log: 'client' | 'console';
  /**
   * Turns of the microtask queue from one event to the next, when many have come at once. The package's
   * accumulating helpers count on them: they put later events into the message of the first, which
   * somebody else is to have read by then. Nobody else's streams take them.
   */
  readonly turns: number;
  /** What it yields for the events of a stream, or throws. */
  shape(opened: Opened): (event: DecodedEvent) => unknown | typeof OVER | typeof SKIP;
  /** Whether a failure ends the stream without a word. */
  isQuiet(reason: unknown, opened: Opened): boolean;
  /** What it throws where a stream is read a second time. */
  consumed(errors: SdkErrors): Error;
  /** What it does once a stream has been read or left. */
  over?(opened: Opened): void;
}

const HELPER = 'x-stainless-helper-method';

/** Whether one of the package's own helpers wants the stream. They say so in a header, or, lately, beside the headers. */
export function isForHelper({ __metadata: metadata, headers = {} }: SdkOptions): boolean {
  if (metadata?.helperMethod !== undefined) return true;
  const values = (headers as { readonly values?: unknown }).values;
  if (values instanceof Headers) return values.has(HELPER);
  if (headers instanceof Headers) return headers.has(HELPER);
  return Object.keys(headers).some((name) => name.toLowerCase() === HELPER);
}

/** The error by which `fetch` and its streams tell of an abort. */
export function isAbort(reason: unknown): boolean {
  return typeof reason === 'object' && reason !== null && (reason as Error).name === 'AbortError';
}

export function isSdkStream(value: unknown): value is SdkStream {
  if (typeof value !== 'object' || value === null) return false;
  const { iterator, controller } = value as Partial<SdkStream>;
  return (
    typeof iterator === 'function' &&
    controller instanceof AbortController &&
    typeof (value as SdkStream).constructor.fromSSEResponse === 'function'
  );
}
