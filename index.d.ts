// Generated from src/ by `npm run types`; do not edit.

/** What `fetch` takes as headers. */
export type HeadersInput = Headers | Readonly<Record<string, string | undefined>> | Iterable<readonly [
	string,
	string
]> | undefined;
/** Where in a request's life it failed, in their order. */
export type Phase = "pool" | "dns" | "connect" | "tls" | "send" | "headers" | "body";
/** The fields of a {@link WarmlineError}, as the engine reports them. */
export interface ErrorFacts {
	readonly code: string;
	readonly phase: Phase;
	readonly message: string;
	readonly origin?: string | null;
	readonly attempt?: number;
	readonly reusedConnection?: boolean;
	readonly bytesSent?: number;
	readonly bytesReceived?: number;
	readonly retryable?: boolean;
	readonly causes?: readonly string[];
}
/**
 * What went wrong with a request or a connection. `fetch` has it as the `cause` of its
 * `TypeError: fetch failed`, everything else throws it as it is.
 *
 * Programs read `code` and `phase`; the message is for people. `instanceof` holds across two copies
 * of the package in one process.
 */
export declare class WarmlineError extends Error {
	readonly name: string;
	/** Node's own code where it has one (`ECONNREFUSED`), undici's where that has one (`UND_ERR_SOCKET`), else `WARMLINE_*`. */
	readonly code: string;
	/** The part of the request's life that failed. */
	readonly phase: Phase;
	/** The origin the request was for, such as `https://api.openai.com`. */
	readonly origin: string | undefined;
	/** Which try of the request this was, from 1; 0 where none was made. */
	readonly attempt: number;
	/** Whether the connection had carried a request before. */
	readonly reusedConnection: boolean;
	/** Bytes of this request that the operating system took; 0 by HTTP/2, where requests share a connection. */
	readonly bytesSent: number;
	/** Bytes of the response that had arrived; by HTTP/2, of its body. */
	readonly bytesReceived: number;
	/**
	 * Whether sending the request again is safe: provably no byte of it left this process, or the server said
	 * that it has not looked at it.
	 */
	readonly retryable: boolean;
	constructor(facts: ErrorFacts);
	static [Symbol.hasInstance](value: unknown): boolean;
}
/** The deadlines of a request, in milliseconds. One that is left out is the client's own. */
export interface Timeouts {
	/** Name look-up, TCP and TLS together. */
	connect?: number;
	/** From the request on the wire to the response's head. */
	firstByte?: number;
	/** Between two pieces of the response's body. */
	idle?: number;
	/** From the call to the end of the response's body. */
	total?: number;
	/** Waiting for a free place in the pool. */
	pool?: number;
}
/** What {@link HttpClient.request} takes beside method and URL. */
export interface RequestOptions {
	headers?: HeadersInput;
	/** Bytes at hand; a streamed body wants {@link HttpClient.fetch}. */
	body?: string | Uint8Array | ArrayBuffer | URLSearchParams | null;
	signal?: AbortSignal | null;
	/** This request's own deadlines in milliseconds; a number is the total. */
	timeout?: number | Timeouts;
	/** The id of a leased connection to send on. */
	connection?: string;
}
/** How a request went. Durations are milliseconds. */
export interface RequestTimings {
	/** From the call to a connection, opening it included. */
	readonly queue: number;
	readonly dns: number;
	readonly connect: number;
	readonly tls: number;
	/** From the connection to the response's head. */
	readonly firstByte: number;
}
/** A whole response. Its parts are made when they are asked for, and none of it has to be awaited. */
export declare class ClientResponse {
	#private;
	readonly status: number;
	/** @internal */
	constructor(status: number, head: string, body: string | Uint8Array<ArrayBuffer>, ascii: boolean);
	/** Whether the status is in the range 200 to 299. */
	get ok(): boolean;
	get headers(): Headers;
	/** The body's bytes; a copy at each call. */
	get body(): Uint8Array<ArrayBuffer>;
	/** The body, decoded as UTF-8. */
	text(): string;
	/**
	 * The body, parsed.
	 *
	 * @throws {SyntaxError} if it is not JSON.
	 */
	json(): any;
	/** The body's bytes; a copy at each call. */
	bytes(): Uint8Array<ArrayBuffer>;
	/** Where the time went. */
	get timings(): RequestTimings;
	/**
	 * The connection it came on: its number in the pool, whether it had served before, its protocol
	 * (`http/1.1` or `h2`).
	 */
	get connection(): {
		readonly id: number;
		readonly reused: boolean;
		readonly protocol: string;
		readonly attempt: number;
	};
}
/** What `fetch` takes as a body, an async iterable included (Node's own extension). */
export type BodyInput = string | ArrayBuffer | ArrayBufferView | Blob | FormData | URLSearchParams | ReadableStream | AsyncIterable<Uint8Array> | Iterable<Uint8Array> | null | undefined;
/** What `fetch` takes beside the URL: the standard's, and what is ours. */
export interface FetchInit extends Omit<RequestInit, "body" | "headers" | "signal"> {
	headers?: HeadersInput;
	body?: BodyInput;
	signal?: AbortSignal | null | undefined;
	/** Required, as `'half'`, with a body that is a stream. */
	duplex?: "half";
	/** The id of a leased connection (see `getConnection`): the request goes out on that very one. */
	connection?: string;
	/** This request's own deadlines in milliseconds; a number is the total. */
	timeout?: number | Timeouts;
}
/** One event of a `text/event-stream` (HTML, "Server-sent events"). */
export interface ServerSentEvent {
	/** The event's type; `message` where the stream names none. */
	readonly event: string;
	readonly data: string;
	/** The last event id that the stream gave; empty for none. */
	readonly id: string;
	/** The reconnection time in milliseconds, on the first event after the stream gave it. */
	readonly retry?: number;
}
/**
 * Reads a response as server-sent events, which the engine parses.
 *
 * Nothing waits for a batch: an event is there as soon as it has arrived. Leaving the loop stops
 * the upstream, and so does collecting an iterator that nobody reads. A slow reader slows the server
 * down, and nobody else.
 *
 * @param response a response of this package's `fetch`, or a clone of one, whose body nobody has read.
 * @throws {TypeError} for any other.
 *
 * Iterating throws `TypeError: terminated` where the connection breaks, with a {@link WarmlineError} as
 * its cause, and the signal's reason once it is aborted.
 *
 * @example
 * ```ts
 * import { events, fetch } from 'warmline'
 *
 * const response = await fetch('https://api.example.com/v1/stream')
 * for await (const { event, data } of events(response)) console.log(event, data)
 * ```
 */
export declare function events(response: Response): AsyncIterableIterator<ServerSentEvent>;
/**
 * Thrown by every call that needs the engine when this process has no usable native binary.
 *
 * `code` is `WARMLINE_NATIVE_UNAVAILABLE`; `cause` is what the loader met: no package for this
 * platform, a file that the system refuses to map, or a binary of another version.
 */
export declare class NativeUnavailableError extends Error {
	readonly name: string;
	readonly code: string;
	constructor(cause: unknown);
}
/**
 * Whether the native engine is loaded in this process. Never throws.
 *
 * @example
 * ```ts
 * import { isNativeAvailable } from 'warmline'
 * if (!isNativeAvailable()) console.warn('running without the native engine')
 * ```
 */
export declare function isNativeAvailable(): boolean;
/** A certificate or key in PEM form. */
export type Pem = string | Uint8Array;
/** How an {@link HttpClient} speaks TLS. */
export interface TlsOptions {
	/**
	 * More certificate authorities to trust, beside those of the system and of `NODE_EXTRA_CA_CERTS`.
	 * (`SSL_CERT_FILE` and `SSL_CERT_DIR` stand in for the system's.)
	 */
	ca?: Pem | readonly Pem[];
	/** The client's certificate, followed by what links it to a root, for servers that ask for one. */
	cert?: Pem;
	/** The key of `cert`. */
	key?: Pem;
	/** Opens an encrypted `key`. */
	passphrase?: string;
	/** The oldest version to speak. Default `TLSv1.2`; there is none older. */
	minVersion?: "TLSv1.2" | "TLSv1.3";
	/** Asked for (SNI) and looked for in the certificate, instead of the URL's host. */
	servername?: string;
	/**
	 * The server's own key has to be one of these: `sha256/` and the base64 of the SHA-256 of its
	 * public key (RFC 7469), the form that `curl --pinnedpubkey` takes with two slashes.
	 */
	pins?: string | readonly string[];
	/**
	 * `false` takes any certificate from anyone: whoever is on the way can read and change everything.
	 * Warned about once (`WARMLINE_TLS_UNVERIFIED`). Pins are still checked. Default `true`.
	 */
	rejectUnauthorized?: boolean;
}
/** How an {@link HttpClient} is set up. */
export interface HttpClientOptions {
	/** The most connections at once, over all origins. Default 1000. */
	maxConnections?: number;
	/** The most idle connections that are kept; one more is closed when it comes back. Default 100. */
	maxKeepaliveConnections?: number;
	/** How long an idle connection is kept, in milliseconds. Default 30 000. */
	keepaliveExpiry?: number;
	/**
	 * Deadlines of each request, in milliseconds; a number is the total. Default 30 000. An object
	 * sets no total unless it names one.
	 */
	timeout?: number | Timeouts;
	/** Name look-up, TCP and TLS together, in milliseconds; `timeout.connect` goes before it. Default 10 000. */
	connectTimeout?: number;
	/** Trust, client certificates, pins. */
	tls?: TlsOptions;
	/**
	 * The proxy of every connection: `http://`, `https://`, `socks5://` (names are looked up here) or
	 * `socks5h://` (by the proxy), with user name and password if it wants them. `false` is none.
	 * Default: what `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` said when the client was
	 * made, unless `NODE_USE_ENV_PROXY` is `0`.
	 */
	proxy?: string | URL | false;
	/**
	 * `'auto'`: what the server chooses in the TLS handshake, HTTP/2 before HTTP/1.1; without TLS,
	 * HTTP/1.1. `'never'`: HTTP/1.1. `'prior-knowledge'`: HTTP/2 without asking, also without TLS; through
	 * a proxy always in a tunnel. By HTTP/2 one connection carries as many requests as the server allows. Default `'auto'`.
	 */
	http2?: Http2;
}
/** Whether HTTP/2 is spoken. */
export type Http2 = "auto" | "never" | "prior-knowledge";
/** A client's pool and traffic at one moment. */
export interface PoolMetrics {
	readonly maxConnections: number;
	readonly maxKeepaliveConnections: number;
	readonly connectionsActive: number;
	readonly connectionsIdle: number;
	readonly connectionsTotal: number;
	/** Connections being opened. */
	readonly connectionsPending: number;
	readonly connectionsCreatedTotal: number;
	readonly connectionsClosedTotal: number;
	readonly connectionErrorsTotal: number;
	readonly connectionTimeoutsTotal: number;
	/** Busy and opening connections, of `maxConnections`. */
	readonly poolUtilizationPercent: number;
	/** Checkouts that were served by a connection already open, 0 to 1. */
	readonly reuseRate: number;
	readonly activeConnections: number;
	readonly availableConnections: number;
	/** Requests in line for a connection. */
	readonly pendingRequests: number;
	readonly totalRequests: number;
	readonly errorCount: number;
	/** From call to response head. */
	readonly avgResponseTimeMs: number;
}
/**
 * A client with a pool of its own. One that is forgotten is closed when it is collected.
 *
 * @example
 * ```ts
 * import { HttpClient } from 'warmline'
 *
 * const client = new HttpClient({ maxConnections: 200, timeout: 60_000 })
 * const response = await client.request('POST', 'https://api.example.com/v1/items', {
 *   headers: { 'content-type': 'application/json' },
 *   body: JSON.stringify({ name: 'a' }),
 * })
 * console.log(response.status, response.json())
 * await client.close()
 * ```
 */
export declare class HttpClient {
	#private;
	/**
	 * @throws {TypeError} for options of a wrong shape.
	 * @throws {NativeUnavailableError} without a native binary for this platform.
	 */
	constructor(options?: HttpClientOptions);
	/**
	 * Sends a request and waits for all of its response: the fast path, with no stream and no body
	 * that has to be read.
	 *
	 * @throws {WarmlineError} what went wrong; the signal's reason once it is aborted.
	 */
	request(method: string, url: string | URL, options?: RequestOptions): Promise<ClientResponse>;
	/** WHATWG `fetch` on this client's pool, with its deadlines. */
	fetch(input: string | URL | Request, init?: FetchInit): Promise<Response>;
	/**
	 * Sends a request and reads its response as server-sent events, which the engine parses: {@link fetch}
	 * and {@link events} in one.
	 *
	 * The request is sent when the first event is asked for. Leaving the loop stops it.
	 *
	 * Iterating throws an {@link UnexpectedResponseError} unless the response has a status of 200 to 299 and
	 * the content type `text/event-stream`, and else what `fetch` and `events` throw.
	 *
	 * @example
	 * ```ts
	 * import { HttpClient } from 'warmline'
	 *
	 * const client = new HttpClient({ timeout: { firstByte: 30_000, idle: 60_000 } })
	 * const events = client.events('https://api.example.com/v1/stream', { method: 'POST', body: '{}' })
	 * for await (const { event, data } of events) console.log(event, data)
	 * ```
	 */
	events(input: string | URL | Request, init?: FetchInit): AsyncIterableIterator<ServerSentEvent, undefined, undefined>;
	/**
	 * Opens connections to an origin ahead of need, until `count` are open there or a limit is reached;
	 * by HTTP/2, where one connection carries many requests, until there is one.
	 *
	 * @throws {WarmlineError} why one of them could not connect.
	 */
	preconnect(origin: string | URL, count?: number): Promise<void>;
	/**
	 * Changes the pool's caps while it runs: idle surplus is closed now, busy surplus when it comes back.
	 *
	 * @throws {TypeError} for anything but whole numbers, of at least 1 and 0.
	 * @throws {WarmlineError} `WARMLINE_CLOSED` once the client is closed.
	 */
	updatePoolLimits(maxConnections: number, maxKeepaliveConnections: number): void;
	/**
	 * The pool's state and what the client has done so far.
	 *
	 * @throws {WarmlineError} `WARMLINE_CLOSED` once the client is closed.
	 */
	getPoolMetrics(): PoolMetrics;
	/** Takes no more requests, waits for those in flight, then closes the connections. */
	close(): Promise<void>;
	/** Stops every request in flight and closes the connections. */
	destroy(): void;
	[Symbol.asyncDispose](): Promise<void>;
}
/**
 * WHATWG `fetch` on the engine, over the connections that the whole process shares.
 *
 * As the standard has it, with what Node adds: async iterables as bodies, `duplex: 'half'` for streamed
 * ones. Beyond it: `connection` sends on a leased connection, `timeout` sets deadlines.
 * Short of it: a Blob or form of more than 16 MiB is streamed, and cannot be sent again for a 307 or 308.
 *
 * Rejects with `TypeError: fetch failed`, whose `cause` is a {@link WarmlineError}; with the signal's
 * reason once it is aborted; with another `TypeError` for arguments that nothing can be sent for.
 *
 * @example
 * ```ts
 * import { fetch } from 'warmline'
 *
 * const response = await fetch('https://api.example.com/v1/models')
 * console.log(response.status, await response.json())
 * ```
 */
declare function fetch$1(input: string | URL | Request, init?: FetchInit): Promise<Response>;
/** How {@link patch} patches. */
export interface PatchOptions {
	/** Send on this client's pool, with its deadlines, instead of the one that the process shares. */
	client?: HttpClient;
}
/** What is patched now. */
export interface PatchStatus {
	/** Whether this platform has a native binary; without one nothing is ever patched. */
	readonly native: boolean;
	readonly patched: readonly PatchedTarget[];
}
/** One thing that is patched. */
export interface PatchedTarget {
	readonly kind: "client" | "class" | "global";
	/** The name of its class, or `globalThis.fetch`. */
	readonly name: string;
	/**
	 * Who decodes its streams: `native`, the engine; `transport`, the SDK, from bytes that the engine
	 * brings; `untried` before the first stream has shown which of the two it is.
	 */
	readonly streams: "native" | "transport" | "untried";
}
/**
 * Moves an SDK's traffic to the engine: its requests, streams and retries stay what they are, and go
 * over native pooled connections.
 *
 * @param target A client of `openai`, `@anthropic-ai/sdk`, `groq-sdk`, `ollama`, `cohere-ai` or
 *   `@google/genai`, a chat model of `@langchain/openai` or `@langchain/anthropic`, or any other that keeps
 *   its `fetch` the same way; the class of `openai`, `@anthropic-ai/sdk` or `groq-sdk`, for all its clients to
 *   come; nothing, for `globalThis.fetch`.
 * @returns the target. Patching twice changes nothing.
 * @throws {TypeError} for what has no `fetch` to replace, and for a `client` that is none.
 *
 * The server sees the requests that it saw before, but for headers that built-in fetch adds of its own
 * accord: `accept-language`, `sec-fetch-mode`, `connection`, and `accept-encoding` unless the caller sets it.
 *
 * Streams of `openai` and `@anthropic-ai/sdk` are decoded by the engine, as the package itself reads them: its
 * first stream finds out how it does, on a few bodies in memory. A version that reads differently, and
 * every other SDK, goes on decoding the bytes that it gets; {@link getPatchStatus} says which it is.
 *
 * Without a native binary for this platform it warns once and leaves the target as it is. So it does,
 * without a word, while the environment says `WARMLINE_DISABLE=1`, and with all but a part of the targets,
 * drawn one by one, where it says `WARMLINE_ROLLOUT=10` (percent).
 *
 * @example
 * ```ts
 * import OpenAI from 'openai'
 * import { patch } from 'warmline'
 *
 * const client = patch(new OpenAI())
 * ```
 */
export declare function patch<T extends object = typeof globalThis>(target?: T, options?: PatchOptions): T;
/**
 * Undoes {@link patch}, to the property descriptor.
 *
 * Clients that were made from a patched class keep the engine until they are unpatched themselves.
 *
 * @returns whether it was patched. A `fetch` that somebody else has replaced since is left alone, and
 *   the answer is false.
 */
export declare function unpatch(target?: object): boolean;
/** What is patched now, and whether anything can be. */
export declare function getPatchStatus(): PatchStatus;
/** What a pool holds at one moment. */
export interface PoolStats {
	readonly totalConnections: number;
	/** Leased, or carrying a request. */
	readonly activeConnections: number;
	readonly idleConnections: number;
	/** Being opened. */
	readonly pending: number;
	/** Callers in line for a connection. */
	readonly waiting: number;
	/** By origin, such as `https://api.openai.com`. */
	readonly endpoints: Readonly<Record<string, {
		readonly active: number;
		readonly idle: number;
		readonly pending: number;
	}>>;
	readonly limits: {
		readonly maxConnections: number;
		readonly maxConnectionsPerEndpoint: number;
		/** Milliseconds. */
		readonly idleTimeout: number;
	};
}
/** An open connection. */
export interface ConnectionInfo {
	/** As ALPN spells it: `http/1.1` or `h2`. */
	readonly protocol: string;
	readonly remoteAddress: string;
	readonly localAddress: string;
	/** `null` without TLS. */
	readonly tls: {
		readonly version: string;
		readonly cipher: string;
	} | null;
	/** How long each step of opening it took, in milliseconds. */
	readonly timings: {
		readonly dns: number;
		readonly tcp: number;
		readonly tls: number;
	};
}
/** How {@link SimpleConnectionPool.acquireConnection} waits. */
export interface AcquireOptions {
	/** Milliseconds until it gives up; without it, as long as it takes. */
	timeout?: number;
	signal?: AbortSignal | null;
}
/**
 * Leases of real connections: an id stands for one TCP or TLS connection until it is returned, and
 * `fetch(url, { connection: id })` sends on that very one.
 *
 * There is one pool for each name in the process, whatever thread asks for it. The pool named
 * `default` leases from the connections that `fetch` uses. At most 10 leases for each endpoint and
 * 100 in all; a returned connection stays open for 5 minutes.
 *
 * @example
 * ```ts
 * import { fetch, SimpleConnectionPool } from 'warmline'
 *
 * const pool = new SimpleConnectionPool('my_pool')
 * const id = pool.getConnection('https://api.openai.com')
 * if (id !== null) {
 *   try {
 *     await fetch('https://api.openai.com/v1/models', { connection: id })
 *   } finally {
 *     pool.returnConnection(id)
 *   }
 * }
 * ```
 */
export declare class SimpleConnectionPool {
	#private;
	/** The pool's name. */
	readonly poolName: string;
	/** @throws {NativeUnavailableError} without a native binary for this platform. */
	constructor(poolName?: string);
	/**
	 * Leases a connection: an idle live one, or a new one that starts connecting. `null` at a limit.
	 *
	 * @throws {TypeError} for an endpoint that is not an http or https URL.
	 */
	getConnection(endpoint: string): string | null;
	/**
	 * Leases a connection in its turn (first come, first served) and once it is connected.
	 *
	 * @throws {WarmlineError} `WARMLINE_POOL_TIMEOUT`, or why it could not connect.
	 * @throws the signal's reason once it is aborted.
	 */
	acquireConnection(endpoint: string, options?: AcquireOptions): Promise<string>;
	/**
	 * Waits until a lease's connection is open.
	 *
	 * @throws {WarmlineError} why it could not connect, or that the id is no lease of this pool.
	 */
	connectionReady(id: string): Promise<ConnectionInfo>;
	/** Gives a lease back; its connection stays warm for others. False if the id is no lease (any more). */
	returnConnection(id: string): boolean;
	/**
	 * Closes a lease's connection; one by HTTP/2 that others share once they are done with it, and it takes
	 * nothing new. False if the id is no lease (any more).
	 */
	removeConnection(id: string): boolean;
	/**
	 * Looks at a lease's socket: true while it is open or still connecting; false once connecting has
	 * failed or the peer has closed it, and for an id that is no lease.
	 */
	healthCheck(id: string): boolean;
	/** Closes connections that have expired, been idle for too long or died; how many. */
	cleanup(): number;
	/** What the pool holds now; stops nobody. */
	getStats(): PoolStats;
}
/** {@link SimpleConnectionPool.getConnection} on the pool that `fetch` uses. */
export declare function getConnection(endpoint: string): string | null;
/** {@link SimpleConnectionPool.acquireConnection} on the pool that `fetch` uses. */
export declare function acquireConnection(endpoint: string, options?: AcquireOptions): Promise<string>;
/** {@link SimpleConnectionPool.connectionReady} on the pool that `fetch` uses. */
export declare function connectionReady(id: string): Promise<ConnectionInfo>;
/** {@link SimpleConnectionPool.returnConnection} on the pool that `fetch` uses. */
export declare function returnConnection(id: string): boolean;
/** {@link SimpleConnectionPool.removeConnection} on the pool that `fetch` uses. */
export declare function removeConnection(id: string): boolean;
/** {@link SimpleConnectionPool.healthCheck} on the pool that `fetch` uses. */
export declare function healthCheckConnection(id: string): boolean;
/** {@link SimpleConnectionPool.cleanup} on the pool that `fetch` uses. */
export declare function cleanupExpiredConnections(): number;
/** {@link SimpleConnectionPool.getStats} on the pool that `fetch` uses. */
export declare function getConnectionPoolStats(): PoolStats;
/** What the engine reads from a provider's error. */
export interface ProviderFailure {
	readonly type?: string;
	readonly code?: string;
	readonly message: string;
}
/**
 * An error that a provider reports in the middle of its stream. `message` is the provider's own, `code`
 * is `WARMLINE_PROVIDER_ERROR`.
 */
export declare class ProviderError extends WarmlineError {
	readonly name: string;
	/** The provider's name for this kind of error, such as `overloaded_error` or `UNAVAILABLE`. */
	readonly type: string | undefined;
	/** The provider's code, where it gives one beside or instead of the type. */
	readonly providerCode: string | undefined;
	constructor({ type, code, message }: ProviderFailure, origin: string | undefined);
	static [Symbol.hasInstance](value: unknown): boolean;
}
/** The tokens that a provider says were used; a count that it does not report is `undefined`. */
export interface TokenUsage {
	/** All of the prompt, with what was read from a cache or written to one. */
	readonly inputTokens?: number;
	/** All that was generated, thoughts included. */
	readonly outputTokens?: number;
	/** As the provider counts it; else the sum of both. */
	readonly totalTokens?: number;
	/** What of the prompt was read from a cache. */
	readonly cachedInputTokens?: number;
}
/** The text of an answer, piece by piece. */
export interface TextDeltas extends AsyncIterableIterator<string, undefined, undefined> {
	/**
	 * What the provider has reported so far: complete once the iteration has ended, and what is known of
	 * it after a `break` or an error. `undefined` until the first report; some providers want to be asked for it
	 * (`stream_options: { include_usage: true }` with OpenAI's chat completions).
	 */
	readonly usage: TokenUsage | undefined;
}
/**
 * Reads only the text of a streamed answer: the engine decodes the stream and finds the text in it, and
 * nothing else comes to JavaScript.
 *
 * It knows OpenAI's chat completions, completions and responses, Anthropic's messages, Gemini, Ollama,
 * Cohere, Mistral and Bedrock, and who speaks like one of them, by the shape of their events: event
 * streams, lines of JSON and AWS frames. Of several answers it reads the first. Thoughts, refusals and tool
 * calls are no text. Pieces that arrive together come as one; nothing waits for more.
 *
 * Leaving the loop stops the upstream, as with {@link events}.
 *
 * @param response a response of this package's `fetch`, or a clone of one, whose body nobody has read.
 * @throws {TypeError} for any other.
 *
 * Iterating throws a {@link ProviderError} for an error that the provider reports in its stream, an
 * {@link UnexpectedResponseError} where the response is no stream of a known kind, and else what it
 * throws with {@link events}.
 *
 * @example
 * ```ts
 * import { fetch, textDeltas } from 'warmline'
 *
 * const response = await fetch('http://localhost:11434/api/chat', {
 *   method: 'POST',
 *   body: JSON.stringify({ model: 'llama3.2', messages: [{ role: 'user', content: 'Hello!' }] }),
 * })
 * const deltas = textDeltas(response)
 * for await (const text of deltas) process.stdout.write(text)
 * console.log(deltas.usage)
 * ```
 */
export declare function textDeltas(response: Response): TextDeltas;
/**
 * A response that is no stream: the provider refused the request, or answers in another form.
 *
 * `code` is `WARMLINE_UNEXPECTED_STATUS` for a status other than 200 to 299, else
 * `WARMLINE_UNEXPECTED_CONTENT_TYPE`.
 */
export declare class UnexpectedResponseError extends WarmlineError {
	readonly name: string;
	readonly status: number;
	/** `undefined` where the response names none. */
	readonly contentType: string | undefined;
	/** The first of the body, at most 4 KiB: most providers say there what is wrong. */
	readonly body: string;
	constructor(code: string, response: Response, body: string);
	static [Symbol.hasInstance](value: unknown): boolean;
}

export {
	fetch$1 as fetch,
};

export {};
