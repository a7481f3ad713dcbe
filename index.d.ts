// Generated from src/ by `npm run types`; do not edit.

import { ServerResponse } from 'node:http';
import { Http2ServerResponse } from 'node:http2';
import { Duplex, Writable } from 'node:stream';

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
/**
 * How the endpoints of an {@link HttpClient} are looked at before any request comes. Each check has a connection of its
 * own, made as those of requests are, and is no request: it counts in no figures, budgets and breakers. They end with
 * the client, and keep no process alive.
 */
export interface ActiveChecks {
	/**
	 * What each endpoint is asked for by `GET`, such as `'/health'`: a path of its host, or with no slash in front one below
	 * the endpoint's URL. A status below 500 passes, as the server is there. Default: to connect is enough, TLS included.
	 */
	path?: string;
	/** From one check to the next, in milliseconds, give or take a tenth. Default 10 000. */
	interval?: number;
	/** How long one may take, in milliseconds. Default 5000. */
	timeout?: number;
	/** So many in a row that passed bring an endpoint back in. Default 2. */
	healthyThreshold?: number;
	/** So many in a row that failed take one out; the very first check decides alone. Default 3. */
	unhealthyThreshold?: number;
}
/** What an {@link HttpClient} counts by origin and hour, for a week. */
export interface AnalyticsOptions {
	/** Requests, on how many connections they went, and how many there were at once. Default `true`. */
	connectionPatterns?: boolean;
	/** How long connecting and answering took, and what failed. Default `true`. */
	performanceMetrics?: boolean;
}
/** One origin in one hour. What was not to be collected is left out. */
export interface AnalyticsHour {
	/** When the hour began, in seconds since 1970. */
	readonly hour: number;
	/** `'other'` for those beyond 64 in an hour. */
	readonly origin: string;
	readonly requests?: number;
	/** Requests on a connection that was open already. */
	readonly reused?: number;
	readonly reuse_rate?: number;
	readonly connections_opened?: number;
	readonly most_requests_at_once?: number;
	readonly connections_timed?: number;
	readonly avg_connect_time_ms?: number;
	readonly max_connect_time_ms?: number;
	readonly responses?: number;
	/** From call to response head. */
	readonly avg_response_time_ms?: number;
	readonly max_response_time_ms?: number;
	readonly errors?: number;
	/** By the status of a response from 400 on, or the code of a failure. */
	readonly errors_by_reason?: Readonly<Record<string, number>>;
}
/** What a client has counted: plain JSON, in the reference's spelling. */
export interface Analytics {
	readonly collect_connection_patterns: boolean;
	readonly collect_performance_metrics: boolean;
	/** The oldest first. */
	readonly hours: readonly AnalyticsHour[];
}
/**
 * What the default client of this process and its providers have counted by origin and hour, in all threads. No hours
 * unless `analytics` of {@link configure} is on.
 *
 * @throws {NativeUnavailableError} without a native binary for this platform.
 *
 * @example
 * ```ts
 * import { configure, fetch, getAnalytics } from 'warmline'
 *
 * configure({ analytics: true })
 * await (await fetch('https://api.openai.com/v1/models')).text()
 * console.log(JSON.stringify(getAnalytics()))
 * ```
 */
export declare function getAnalytics(): Analytics;
/** What `fetch` takes as headers. */
export type HeadersInput = Headers | Readonly<Record<string, string | undefined>> | Iterable<readonly [
	string,
	string
]> | undefined;
/** How an exchange went: the third line of a head, as the engine's `facts.rs` writes it. */
/** Where a request's time went, in milliseconds. */
export interface RequestTimings {
	/** From the call to a connection, opening it included. After redirects: to that of the last request. */
	readonly queue: number;
	/** Of that, the name look-up; 0 on a connection that was open already, as are the next two. */
	readonly dns: number;
	/** Opening the TCP connection, a proxy's tunnel included. */
	readonly connect: number;
	/** The TLS handshake. */
	readonly tls: number;
	/** From the connection to the last byte of the request, or to the response's head where that came first. */
	readonly send: number;
	/** From there to the response's head. */
	readonly firstByte: number;
	/** From the call to the last byte of the response's body; `undefined` as long as that has not come. */
	readonly total: number | undefined;
}
/** The connection that a response came on. */
export interface ResponseConnection {
	/** The pool's number for it. */
	readonly id: number;
	/** Whether it had carried a request before. */
	readonly reused: boolean;
	/** As ALPN spells it: `http/1.0`, `http/1.1` or `h2`. */
	readonly protocol: string;
	/** Which try of the request this was, from 1, by whatever it was sent again. */
	readonly attempt: number;
	/** The other end, the server or its proxy, such as `192.0.2.1:443` or `[2001:db8::1]:443`; `undefined` where there is none. */
	readonly remoteAddress: string | undefined;
	/** Our end. */
	readonly localAddress: string | undefined;
}
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
	readonly retryAfter?: number | null;
	readonly causes?: readonly string[];
	/** What each address of a host said, where none answered. */
	readonly attempts?: readonly AttemptFacts[] | null;
	/** How it went on the connection, if it had one; see `facts.ts`. */
	readonly facts?: string | null;
	/** How long each step towards a connection took, if it never had one; see `facts.ts`. */
	readonly reached?: readonly number[] | null;
	/** Microseconds until it failed. */
	readonly took?: number | null;
}
/** Why one address could not be connected to. */
export interface AttemptFacts {
	readonly code: string;
	readonly message: string;
	readonly address: string;
	readonly port: number;
}
/**
 * What went wrong with a request or a connection. `fetch` has it as the `cause` of its
 * `TypeError: fetch failed`, everything else throws it as it is.
 *
 * Programs read `code` and `phase`; the message is for people. Where a host has several addresses and none
 * could be connected to, the `cause` is an `AggregateError` of the `errors` of each. `instanceof` holds across two copies
 * of the package in one process.
 */
export declare class WarmlineError extends Error {
	#private;
	readonly name: string;
	/** Node's own code where it has one (`ECONNREFUSED`), undici's where that has one (`UND_ERR_SOCKET`), else `WARMLINE_*`. */
	readonly code: string;
	/** The part of the request's life that failed. */
	readonly phase: Phase;
	/** The origin the request was for, such as `https://api.openai.com`. */
	readonly origin: string | undefined;
	/** How many tries of the request were made, this one included; 0 where none was. */
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
	/** Where nothing was sent for this reason: for so long nothing will be, in milliseconds. */
	readonly retryAfter: number | undefined;
	constructor(facts: ErrorFacts);
	/**
	 * Where the time went until it failed, in milliseconds: `total` is there for whatever was a request; `queue`
	 * where it was on its way to a connection; `dns`, `connect` and `tls` as far as opening one came, the step that
	 * failed included; all of them once it had one, `send` and `firstByte` being 0 where no response came.
	 */
	get timings(): Partial<RequestTimings> | undefined;
	/** The connection that it failed on, if there was one. */
	get connection(): ResponseConnection | undefined;
	/**
	 * Adds what the head of a response said, for a body that broke off.
	 *
	 * @internal
	 */
	withHead(head: string): this;
	static [Symbol.hasInstance](value: unknown): boolean;
}
/** What a request's body can be encoded with. */
export type Compression = "gzip" | "zstd";
/**
 * Who goes first where a rate limit makes requests wait: `'interactive'` before `'batch'`, of which one goes for every
 * nine of the others. The standard's words mean the same: `'low'` is `'batch'`, `'high'` and `'auto'` are not.
 */
export type RequestPriority = "interactive" | "batch" | "high" | "low" | "auto";
/** The deadlines of a request, in milliseconds. One that is left out is the client's own. */
export interface Timeouts {
	/** Name look-up, TCP and TLS together. */
	connect?: number;
	/** From the request on the wire to the response's head; the time to send a streamed body does not count. */
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
	/** Encodes the body, for a server that is known to decode it. Default: the client's `compress`. */
	compress?: Compression | false;
	/** This request's own deadlines in milliseconds; a number is the total. */
	timeout?: number | Timeouts;
	/** `false` sends it once, whatever the client's `retry` says. */
	retry?: false;
	/** Who goes first where the client's `rateLimit` makes requests wait. Default `'interactive'`. */
	priority?: RequestPriority;
	/**
	 * `true`: it does no harm to send this request twice, whatever its method, and the client's `hedge` is for it,
	 * too; `false`: it does. Default: by its method.
	 */
	hedge?: boolean;
	/** The id of a leased connection to send on. */
	connection?: string;
	/**
	 * A conversation, a tenant, a prompt's prefix: where the client's `balance` is `'sticky'`, requests with the
	 * same key go to the same endpoint. Without effect elsewhere.
	 */
	affinity?: string;
}
/** A whole response. Its parts are made when they are asked for, and none of it has to be awaited. */
export declare class ClientResponse {
	#private;
	readonly status: number;
	/** @internal */
	constructor(status: number, head: string, body: string | Uint8Array<ArrayBuffer>, ascii: boolean, total: number);
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
	/** The connection it came on. */
	get connection(): ResponseConnection;
}
/** When an {@link HttpClient} does not ask a place that fails. Time-outs and statuses from 500 on are failures. */
export interface CircuitBreakerOptions {
	/**
	 * So many failures in a row open it. Where a part of the requests fails all the time, the row has to be as long
	 * as chance makes one in no more than a million requests; and in any case as long as there are requests under way
	 * that were sent before the last of them, and may yet be answered. Default 5.
	 */
	failureThreshold?: number;
	/**
	 * For so long, in milliseconds; then some requests show whether the place has recovered. Default 60 000; what
	 * `failover.timeout` is, where that is given.
	 */
	recoveryTimeout?: number;
	/** This part of the requests in the window, and of those still under way, opens it, too, from 0 to 1. Default 0.5. */
	failureRate?: number;
	/** If there were so many of them. Default 20. */
	minimumRequests?: number;
	/** How far back requests count for that, in milliseconds. Default 30 000. */
	window?: number;
	/** So many requests at a time show whether the place has recovered, and as many have to be answered. Default 1. */
	halfOpenRequests?: number;
	/**
	 * Whether changes are published on the `diagnostics_channel` named `warmline:circuit-breaker`, each as a
	 * {@link CircuitBreakerChange}, once in each thread that has a client with this. Default `true`.
	 */
	monitoringEnabled?: boolean;
}
/** Whether requests pass: all, none, or some, to see how they fare. */
export type CircuitBreakerState = "closed" | "open" | "half-open";
/** A change of a circuit breaker. */
export interface CircuitBreakerChange {
	/** The origin, or the endpoint's URL. */
	readonly place: string;
	readonly from: CircuitBreakerState;
	readonly to: CircuitBreakerState;
	/** How long it stays open, in milliseconds; 0 if it does not. */
	readonly retryAfter: number;
}
/** A circuit breaker at one moment. */
export interface CircuitBreakerStatus {
	/** The origin, or the endpoint's URL. */
	readonly place: string;
	readonly state: CircuitBreakerState;
	/** Failures in a row. */
	readonly failures: number;
	/** Requests in the window. */
	readonly requests: number;
	/** The part of them that failed, from 0 to 1. */
	readonly failureRate: number;
	/** How long it stays open, in milliseconds; 0 if it is not. */
	readonly retryAfter: number;
	/** How often it has opened. */
	readonly openedTotal: number;
	/** How many requests it has refused. */
	readonly refusedTotal: number;
}
/**
 * A kind of failure, by httpx's names for them, or the `code` of one, such as `'ECONNRESET'`.
 *
 * `'ConnectError'`: the name was not found, no address answered, the TLS handshake broke off; not a certificate that
 * is refused. `'ConnectTimeout'`, `'ReadTimeout'` (no response in time), `'WriteTimeout'` (the request was not taken in
 * time) and `'PoolTimeout'` (no connection in time); `'TimeoutException'` is all four. `'NetworkError'`: `'ConnectError'`, or a connection that broke before a response
 * came.
 */
export type RetryException = "ConnectError" | "ConnectTimeout" | "ReadTimeout" | "WriteTimeout" | "PoolTimeout" | "TimeoutException" | "NetworkError" | (string & {});
/** How much load retries may add, for each origin or endpoint. */
export interface RetryBudget {
	/** Retries for each request, from 0 to 1; those of the last ten seconds' requests are saved up. Default 0.2: one for five. */
	ratio?: number;
	/** Retries beyond these, which come back over a minute once they are used up. Default 10. */
	reserve?: number;
}
/** When an {@link HttpClient} sends a request again. */
export interface RetryOptions {
	/** How often at the most, after the first time. Default 3. */
	attempts?: number;
	/**
	 * The wait before the n-th retry is a random part of this many seconds times 2 to the power of n - 1, unless the
	 * server says how long to wait (`retry-after-ms`, `retry-after`). Default 0.5.
	 */
	backoffFactor?: number;
	/** The longest wait, in milliseconds, also where the server asks for a longer one. Default 60 000. */
	backoffMaxDelay?: number;
	/**
	 * Statuses that are worth another try; `x-should-retry` goes before them. Default 408, 429, 500, 502, 503 and 504.
	 */
	statusCodes?: readonly number[];
	/** Failures that are. Default `['ConnectError', 'TimeoutException', 'NetworkError']`. */
	exceptions?: readonly RetryException[];
	/**
	 * `true` gives each request whose method is not idempotent an `idempotency-key` of its own, the same at every
	 * try: for servers that know a repetition by it, which the public ones of LLM providers do not promise to do.
	 * Default `false`.
	 */
	idempotencyKey?: boolean;
	/** How much load retries may add; `false` is as much as they come to. */
	budget?: RetryBudget | false;
}
/** How an {@link HttpClient} keeps the pauses that servers ask for. */
export interface CooldownOptions {
	/**
	 * The longest pause that requests wait for, in milliseconds. Whoever is told to wait for longer is out of quota
	 * rather than too quick: such a pause is not waited for, and requests get the server's answer. Default: what
	 * `retry.backoffMaxDelay` is, 60 000.
	 */
	maxDelay?: number;
}
/** A pause that a server has asked for. */
export interface Cooldown {
	readonly origin: string;
	/** Stands for the credential of the requests, from which it cannot be told; another one in each process. */
	readonly key: string;
	/** What is left of it, in milliseconds; 0 while those who waited leave one after another. */
	readonly retryAfter: number;
}
/**
 * The pauses that servers have asked for, of all threads and clients of the process.
 *
 * @throws {NativeUnavailableError} without a native binary for this platform.
 */
export declare function getCooldowns(): Cooldown[];
/** An address of a name. */
export interface FoundAddress {
	readonly address: string;
	/** In seconds, as `dns.resolve4(name, { ttl: true })` has it; shortens `dns.ttl`. */
	readonly ttl?: number;
}
/**
 * Looks a name up: `lookup` of `node:dns`, or any function that is called as it is. It is asked for all
 * addresses, and may answer with one, with several, or with an error, whose `code` the request then fails
 * with; `ENOTFOUND` says that the name does not exist.
 *
 * It is called on the client's own thread, and only when a name is not known.
 */
export type LookupFunction = (hostname: string, options: {
	all: true;
	family: 0;
	hints: 0;
	order: "verbatim";
}, callback: (error: Error | null, addresses?: string | readonly (string | FoundAddress)[], family?: number) => void) => void;
/** How an {@link HttpClient} finds the addresses of names. Durations are milliseconds. */
export interface DnsOptions {
	/**
	 * Addresses that need no look-up, by name: `{ 'api.example.com': ['10.0.0.7', '10.0.0.8'] }`. Several
	 * are taken by turns. A proxy that is given the name does not know of them.
	 */
	hosts?: Readonly<Record<string, string | readonly string[]>>;
	/**
	 * How long an answer is used without another look-up. Default 30 000; 0 keeps none. (The system's
	 * resolver does not tell the time to live that the owner of the name has set.)
	 */
	ttl?: number;
	/** How long a name is taken not to exist once the resolver said so. Default 1000. */
	negativeTtl?: number;
	/**
	 * How long beyond `ttl` an answer is still used at once, while the name is looked up again beside it.
	 * Default 300 000.
	 */
	staleTtl?: number;
	/** Asked instead of the system's resolver, once at a time for each name. */
	lookup?: LookupFunction;
}
/** One of the places that serve an {@link HttpClient}'s requests. */
export interface Endpoint {
	/** What a request's path is appended to, such as `https://eu.example.com/v1`; no query, no credentials. */
	url: string | URL;
	/** Its share of the requests beside the others' weights, a whole number from 1 to 65 535. Default 1. */
	weight?: number;
}
/**
 * How an endpoint is chosen: `'round-robin'` by turns; `'least-loaded'` the one with the fewest requests
 * under way, responses that are still read included; `'sticky'` by a hash of the request's `affinity`, the same in
 * every process, and by turns for requests without one. Weights count in each of them.
 */
export type Balance = "round-robin" | "least-loaded" | "sticky";
/** What becomes of an endpoint that fails. */
export interface FailoverOptions {
	/** So many failures in a row take an endpoint out. Default 3. */
	failures?: number;
	/** For so long, in milliseconds; then one request at a time tries it again. Default 10 000. */
	timeout?: number;
}
/** An endpoint at one moment. */
export interface EndpointStatus {
	readonly url: string;
	readonly weight: number;
	/** False from its last failure in a row until it has answered again, and while active checks say that it is down. */
	readonly healthy: boolean;
	/** Why its last active check failed, a code or a status; `undefined` where it passed, or there was none. */
	readonly checkError: string | undefined;
	/** Requests under way, responses that are still read included. */
	readonly inFlight: number;
	/** Requests that it was chosen for. */
	readonly totalRequests: number;
	/** Of these, those that found no connection, or no response on it. */
	readonly totalFailures: number;
}
/**
 * When an {@link HttpClient} takes a place for degraded or unhealthy. Time-outs, broken connections and statuses from 500
 * on are failures.
 */
export interface HealthOptions {
	/** So many failures in a row make it unhealthy. Default 3. */
	unhealthyThreshold?: number;
	/** How far back requests count, in milliseconds. Default 60 000. */
	window?: number;
	/** It is degraded if a lower part of these succeeded, from 0 to 1; and there were at least ten. Default 0.9. */
	degradedBelow?: number;
	/**
	 * It is degraded if the slowest twentieth of these took longer to the head of their response, in milliseconds.
	 * Default: no limit.
	 */
	degradedAbove?: number;
}
/** How a place that requests went to does. What is counted is the window that ends now. */
export interface HealthStatus {
	/** The origin, or the endpoint's URL. */
	readonly place: string;
	readonly state: "healthy" | "degraded" | "unhealthy";
	/** Requests that were answered or failed. */
	readonly requests: number;
	/** The part of them that succeeded, from 0 to 1; 1 where there were none. */
	readonly successRate: number;
	/** Failures in a row, up to now. */
	readonly consecutiveFailures: number;
	/** Milliseconds to the head of a response, to within 1 %; `undefined` where there was none. */
	readonly latency: {
		readonly p50: number;
		readonly p95: number;
		readonly p99: number;
	} | undefined;
	/** The code or the status of the last failure, and when that was. */
	readonly lastError: {
		readonly reason: string;
		readonly at: Date;
	} | undefined;
}
/** When an {@link HttpClient} sends a request a second time while the first one is under way: `delay`, `quantile` or both. */
export interface HedgeOptions {
	/**
	 * After so long without an answer, in milliseconds: about what nine of ten requests take. Beside a `quantile` it
	 * holds while too few answers are known.
	 */
	delay?: number;
	/**
	 * After as long as this part of the answers took at most, above 0 and below 1: 0.95 for the slowest twentieth. What
	 * counts is the origin's last five minutes, from the call to the head of the response, of requests that may be sent twice, over all
	 * clients of the process that are set up alike; with fewer than 20 of them, none is sent a second time, unless there is
	 * a `delay`.
	 */
	quantile?: number;
	/** How much load that may add: requests for each request, from 0 to 1. Default 0.05. */
	ratio?: number;
	/** Requests beyond these, which come back over a minute once they are used up. Default 3. */
	reserve?: number;
}
/**
 * How much is sent to one origin with one key. Without a limit of its own it keeps to what the provider's headers
 * say.
 */
export interface RateLimit {
	/** Requests, whatever becomes of them. Default: no limit. */
	requestsPerMinute?: number;
	/**
	 * Tokens of prompts and answers. A request is taken to use one for every four bytes of its body, and as many more
	 * as the body lets the provider generate (`max_tokens` and its like), until its response has said how many they
	 * were. Bodies that are streamed are taken to use none. Default: no limit.
	 */
	tokensPerMinute?: number;
	/** Requests under way, responses that are still read included. Default: no limit. */
	concurrentRequests?: number;
	/**
	 * What the limits per minute are counted over, in milliseconds: in each span of this length, wherever it begins,
	 * no more goes out than its part of them. A shorter one spreads what would else go out at once. Default 60 000.
	 */
	window?: number;
	/**
	 * Whether requests also wait for what the provider says is left, in the headers `x-ratelimit-*` (OpenAI and its
	 * like, Azure) and `anthropic-ratelimit-*`. Default `true`.
	 */
	followHeaders?: boolean;
	/**
	 * What becomes of a request that does not fit: `'wait'`, in the order in which they came, or `'refuse'`, with an
	 * error of the code `WARMLINE_RATE_LIMITED` whose `retryAfter` says how long it would have had to wait. Default `'wait'`.
	 */
	mode?: "wait" | "refuse";
	/**
	 * How long one waits at most, in milliseconds, until it is refused. Default: as long as its deadline lets it.
	 */
	maxWait?: number;
}
/**
 * One limit for every origin, or limits by origin: `{ 'https://api.openai.com': { requestsPerMinute: 500 } }`, where
 * `'*'` stands for all others.
 */
export type RateLimitOptions = RateLimit | Readonly<Record<string, RateLimit>>;
/** What was sent to one origin with one key. */
export interface RateLimitStatus {
	readonly origin: string;
	/** Requests in line. */
	readonly waiting: number;
	/** Requests under way, responses that are still read included. */
	readonly inFlight: number;
	/** Requests of the window that ends now; 0 where they are not limited. */
	readonly requests: number;
	/** Their tokens, estimated until their responses have said; 0 where they are not limited. */
	readonly tokens: number;
	/** How long it is, in milliseconds, until the next one may go; 0 if it may, and where it waits for another to end. */
	readonly retryAfter: number;
}
/** How the pool of an {@link HttpClient} follows its load. */
export interface ScalingOptions {
	/** How long the load has to have been lower until the caps go down, in milliseconds. Default 300 000. */
	cooldownPeriod?: number;
	/**
	 * Whether the demand of each origin is learnt by the minute of the day (Holt-Winters), caps rise before it, and
	 * connections are opened a minute or two ahead of it, once a whole day is known. Default `true`.
	 */
	predictive?: boolean;
	/** How far ahead a higher demand keeps the caps up, in milliseconds. Default 3 600 000. */
	predictionWindow?: number;
}
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
/** How the health of a client's connections is looked after while nothing comes on them. */
export interface HealthCheckOptions {
	/**
	 * From one check to the next, in milliseconds. Each idle connection's socket is looked at; by HTTP/2 the
	 * server is asked (PING) once nothing has come for so long, with requests under way, too. Default 30 000.
	 */
	interval?: number;
	/**
	 * How many times `timeout` may pass without a sign of life until a connection is given up: from 1 to 100.
	 * By HTTP/1.1 nobody can be asked: a socket that is closed or has failed is given up at once, and whether
	 * the other side is still there the system finds out (`tcpKeepalive`). Default 3.
	 */
	unhealthyThreshold?: number;
	/** How long a sign of life may take, in milliseconds. Default 5000. */
	timeout?: number;
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
	 * How often idle connections are looked for that are past their time, in milliseconds. Default 1000. With
	 * `false` they are closed once a request comes upon them.
	 */
	cleanupInterval?: number | false;
	/**
	 * How many idle connections are kept open for each origin, so that a request finds a warm one; by HTTP/2
	 * one connection that has room is enough. Those that are missing are opened in the background, within a
	 * quarter of a second and never above the caps, and after longer and longer waits (1 to 60 seconds) while
	 * that fails. An origin has them from its first request or {@link HttpClient.preconnect} until ten minutes
	 * after its last request. At most `maxKeepaliveConnections`. Default 0.
	 */
	minIdle?: number;
	/** How it is found out that a connection on which nothing comes is no more. */
	healthCheck?: HealthCheckOptions;
	/**
	 * Deadlines of each request, in milliseconds; a number is the total. Default 30 000. An object
	 * sets no total unless it names one.
	 */
	timeout?: number | Timeouts;
	/** Name look-up, TCP and TLS together, in milliseconds; `timeout.connect` goes before it. Default 10 000. */
	connectTimeout?: number;
	/**
	 * How long a server may take nothing of a request that is sent to it, in milliseconds, until its response begins;
	 * a streamed body that has nothing to send does not count. The error has the code `WARMLINE_WRITE_TIMEOUT`. By HTTP/2
	 * a few hundred kilobytes count as taken once they are in the connection's buffer. Default: no limit.
	 */
	writeTimeout?: number;
	/** Static hosts, a look-up function of your own, and for how long answers are good. */
	dns?: DnsOptions;
	/**
	 * The path of the unix domain socket that every request goes to, whatever the host of its URL; no proxy
	 * is then used. Not on Windows.
	 */
	socketPath?: string;
	/** The IP address of this machine to connect from. Servers are then reached by its family alone. */
	localAddress?: string;
	/**
	 * How long a connection is silent, in milliseconds, before the system probes whether the other side is
	 * still there; it is taken for gone when four probes, at most 15 seconds apart, stay without answer.
	 * `false` sends none. Default 45 000, below the idle limits of common load balancers and NATs.
	 */
	tcpKeepalive?: number | false;
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
	 * Encodes the bodies of requests, where their bytes are at hand, for servers that are known to decode
	 * them; a request's own `compress` goes before it. Default `false`.
	 */
	compress?: Compression | false;
	/**
	 * `'auto'`: what the server chooses in the TLS handshake, HTTP/2 before HTTP/1.1; without TLS,
	 * HTTP/1.1. `'never'`: HTTP/1.1. `'prior-knowledge'`: HTTP/2 without asking, also without TLS; through
	 * a proxy always in a tunnel. By HTTP/2 one connection carries as many requests as the server allows.
	 * Default `'auto'`.
	 */
	http2?: Http2;
	/**
	 * How far a response with a `content-encoding` may grow as it is decoded. `false` leaves its bytes
	 * encoded, and asks servers for none. Default: 250 to 1, and 4 GiB.
	 */
	decompress?: boolean | DecompressOptions;
	/**
	 * Several places that serve the same requests. A relative URL is appended to that of the endpoint whose
	 * turn it is, and so is the rest of a URL that lies below one of them; other URLs lead where they say, and
	 * so does every request on a leased connection.
	 */
	endpoints?: readonly (string | URL | Endpoint)[];
	/** How an endpoint is chosen. Default `'round-robin'`. */
	balance?: Balance;
	/**
	 * When an endpoint is taken out, and that a request which it failed goes on to the next one: if nothing of
	 * it was sent, or if its method is idempotent (RFC 9110 section 9.2.2; no `POST`) and no response came. A
	 * response is a response, whatever its status. With `false` no request goes on. Default `true`.
	 */
	failover?: boolean | FailoverOptions;
	/**
	 * Whether it is looked at from time to time if the `endpoints` are there, so that one that is down is left out before a
	 * request finds it, and is back once it answers. While all of them are down, checks count for nothing. `true` is with
	 * the defaults. Default `false`.
	 */
	activeChecks?: boolean | ActiveChecks;
	/**
	 * When {@link HttpClient.request}, {@link HttpClient.fetch} and {@link HttpClient.events} send a request again:
	 * after a listed status, or a failure that cannot have made the server do the work; after one that may have only
	 * if the method is idempotent (RFC 9110 section 9.2.2; no `POST`) or the request has an `idempotency-key`. Never
	 * a body that is streamed, and nothing once a response has come. What goes over this client by way of a patched
	 * SDK, axios or undici is not sent again: those see to it themselves. `false` is never.
	 */
	retry?: RetryOptions | false;
	/**
	 * When requests to a place that fails are not sent at all, and end at once with a {@link CircuitOpenError}. A place
	 * is an origin, or one of `endpoints`; the clients of a process that are set up alike, in all its threads, have
	 * their breakers in common. `false` sends them always.
	 */
	circuitBreaker?: CircuitBreakerOptions | false;
	/**
	 * Whether requests wait for a pause that a server has asked for (429, 503 or 529 with `retry-after`) of everybody
	 * with their key, in any thread of the process and on any client. They then leave one after another. A request
	 * with less time than that ends with the code `WARMLINE_COOLING_DOWN`. `false` sends them at once.
	 */
	cooldown?: CooldownOptions | false;
	/**
	 * How much is sent to an origin with one key: one limit for every origin, or limits by origin. The clients of a
	 * process that have the same `rateLimit`, in all its threads, have it in common. Default: no limit.
	 */
	rateLimit?: RateLimitOptions | false;
	/**
	 * Whether it is looked at how the origins and endpoints do that requests go to ({@link HttpClient.getHealth}). Of
	 * several `endpoints`, one that does not do well gets a quarter of its share, unless `balance` is `'sticky'`. The clients
	 * of a process with the same `health`, in all its threads, know the same. Default `false`.
	 */
	health?: boolean | HealthOptions;
	/**
	 * Whether requests, connections, times and errors are counted by origin and hour, for a week
	 * ({@link HttpClient.getAnalytics}). Default `false`.
	 */
	analytics?: boolean | AnalyticsOptions;
	/**
	 * Whether the caps of the pool follow its load, by the reference's steps: half of `maxConnections` and
	 * `maxKeepaliveConnections` below a load of 0.3, all of them below 0.7, and half as much again from there on; up at
	 * once, and down after a while. What demand is foreseen counts as load, and has connections opened ahead, which are never
	 * more than the caps allow. Default `false`.
	 */
	scaling?: boolean | ScalingOptions;
	/**
	 * Sends a request of this client's own a second time where the first one takes long, if that can do no harm: by
	 * its method (RFC 9110 section 9.2.2; no `POST`), or because the request says so. The first good answer wins, and
	 * the other request is stopped. Default `false`.
	 */
	hedge?: HedgeOptions | false;
}
/** What an encoded response may come to; `WARMLINE_DECOMPRESSION_LIMIT` is the error of one that comes to more. */
export interface DecompressOptions {
	/** Decoded bytes for each received one, once there are 16 MiB of them. Default 250; `Infinity` is no limit. */
	maxRatio?: number;
	/** Decoded bytes. Default 4 GiB; `Infinity` is no limit. */
	maxBytes?: number;
}
/** Whether HTTP/2 is spoken. */
export type Http2 = "auto" | "never" | "prior-knowledge";
/** How the default client of this process is set up. */
export interface DefaultClientOptions extends SharedOptions {
	/**
	 * Providers, by name: requests whose URL lies below a provider's go by its own options, on a pool of its own.
	 */
	providers?: Readonly<Record<string, ProviderOptions>>;
}
/** How the requests to one provider go, on the default client. */
export interface ProviderOptions extends SharedOptions {
	/** Where its requests begin, such as `https://api.openai.com`; left out where `endpoints` say so. */
	baseUrl?: string | URL;
}
/**
 * What a client that all threads share can be told: functions belong to a thread, and `compress` to a request. Nothing is
 * sent again, and no place left unasked, unless `retry` and `circuitBreaker` say so; requests of patched SDKs and the
 * like are never sent again by the client.
 */
export type SharedOptions = Omit<HttpClientOptions, "compress" | "dns"> & {
	dns?: Omit<NonNullable<HttpClientOptions["dns"]>, "lookup">;
};
/** What `fetch` takes as a body, an async iterable included (Node's own extension). */
export type BodyInput = string | ArrayBuffer | ArrayBufferView | Blob | FormData | URLSearchParams | ReadableStream | AsyncIterable<Uint8Array> | Iterable<Uint8Array> | null | undefined;
/** What `fetch` takes beside the URL: the standard's, and what is ours. */
export interface FetchInit extends Omit<RequestInit, "body" | "headers" | "priority" | "signal"> {
	headers?: HeadersInput;
	body?: BodyInput;
	signal?: AbortSignal | null | undefined;
	/** Required, as `'half'`, with a body that is a stream. */
	duplex?: "half";
	/** The id of a leased connection (see `getConnection`): the request goes out on that very one. */
	connection?: string;
	/**
	 * Encodes a body whose bytes are at hand, for a server that is known to decode it; streams are sent as they
	 * are. Default: what the client does, which is nothing unless its options say so.
	 */
	compress?: Compression | false;
	/** This request's own deadlines in milliseconds; a number is the total. */
	timeout?: number | Timeouts;
	/**
	 * `false` sends it once, whatever the client's `retry` says. Only an {@link HttpClient} of your own sends a
	 * request again by itself; the `fetch` that the process shares does so where {@link configure} says it.
	 */
	retry?: false;
	/** Who goes first where a rate limit makes requests wait. Default `'interactive'`. */
	priority?: RequestPriority;
	/**
	 * `true`: it does no harm to send this request twice, whatever its method, and the `hedge` of a client of your own
	 * is for it, too; `false`: it does. Default: by its method.
	 */
	hedge?: boolean;
	/** Where the client's `balance` is `'sticky'`, requests with the same key go to the same endpoint. */
	affinity?: string;
}
/** What `fetch` resolves to: the standard's response, and how it came. */
export interface TimedResponse extends Response {
	/** Where the time went; `undefined` for `data:` and `blob:` URLs, as is `connection`. */
	readonly timings?: RequestTimings;
	/** The connection it came on. */
	readonly connection?: ResponseConnection;
	clone(): TimedResponse;
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
	/** To open a connection: look-up, TCP and TLS. */
	readonly avgConnectionTimeMs: number;
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
	fetch(input: string | URL | Request, init?: FetchInit): Promise<TimedResponse>;
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
	/**
	 * The endpoints and how they do, in the order of the options; none without the option.
	 *
	 * @throws {WarmlineError} `WARMLINE_CLOSED` once the client is closed.
	 */
	getEndpoints(): EndpointStatus[];
	/**
	 * The circuit breakers of the places that requests went to, by their names: those of all clients of the process
	 * that are set up alike. None with `circuitBreaker: false`.
	 *
	 * @throws {WarmlineError} `WARMLINE_CLOSED` once the client is closed.
	 */
	getCircuitBreakers(): CircuitBreakerStatus[];
	/**
	 * Closes circuit breakers at once.
	 *
	 * @param place an origin or, of a client with endpoints, the URL of one; all of them if it is left out.
	 * @throws {WarmlineError} `WARMLINE_CLOSED` once the client is closed.
	 */
	resetCircuitBreakers(place?: string): void;
	/**
	 * How the origins and endpoints do that requests went to, by their names. None without `health`.
	 *
	 * @throws {WarmlineError} `WARMLINE_CLOSED` once the client is closed.
	 */
	getHealth(): HealthStatus[];
	/**
	 * What was counted by origin and hour. No hours without `analytics`.
	 *
	 * @throws {WarmlineError} `WARMLINE_CLOSED` once the client is closed.
	 */
	getAnalytics(): Analytics;
	/**
	 * Changes the rate limits while the client runs: what was sent under the ones before counts, and who waits goes on
	 * waiting.
	 *
	 * @throws {TypeError} as the constructor does for its `rateLimit`.
	 * @throws {WarmlineError} `WARMLINE_CLOSED` once the client is closed.
	 */
	updateRateLimit(rateLimit: RateLimitOptions | false): void;
	/**
	 * What was sent under the rate limits, by origin, for each key that it was sent with.
	 *
	 * @throws {WarmlineError} `WARMLINE_CLOSED` once the client is closed.
	 */
	getRateLimits(): RateLimitStatus[];
	/** Takes no more requests, waits for those in flight, then closes the connections. */
	close(): Promise<void>;
	/** Stops every request in flight and closes the connections. */
	destroy(): void;
	[Symbol.asyncDispose](): Promise<void>;
}
/** Opens a connection of your own making: a TCP or unix socket, a channel of an SSH session, whatever is a duplex stream. */
export type ConnectFunction = (host: string, port: number) => Duplex | PromiseLike<Duplex>;
/** A way for a client's connections over a function of yours. */
export interface Tunnel extends AsyncDisposable {
	/** For the `proxy` of an {@link HttpClient}, or of {@link configure}. It holds a password: keep it to yourself. */
	readonly proxy: string;
	/** Opens no more connections, and ends those that are open. */
	close(): Promise<void>;
}
/**
 * Has connections opened by a function of yours. The engine pools them as it does its own, speaks TLS and HTTP on them,
 * and closes them: what the function gives is to be a plain way to `host` and `port`, for each call a new one. (It is served as a
 * SOCKS5 proxy on 127.0.0.1 that asks for a password. All bytes pass through this thread, which costs several times what the
 * engine's own connections do; where a path of a unix socket, a proxy or a `dns.lookup` says what you need to say, take that.)
 *
 * A function that fails is a failure to connect, with the code `UND_ERR_SOCKS5_REPLY_5` for `ECONNREFUSED`, `_4` for hosts that
 * are not found or reached, `_3` for networks, `_6` for `ETIMEDOUT`, and `_1` for all else.
 *
 * An open tunnel does not keep the process alive.
 *
 * @throws {TypeError} for anything but a function. Rejects with what the system says if it cannot listen.
 *
 * @example
 * ```ts
 * import { connect } from 'node:net'
 * import { createTunnel, HttpClient } from 'warmline'
 *
 * await using tunnel = await createTunnel((host, port) => connect({ host, port, localAddress: '127.0.0.1' }))
 * await using client = new HttpClient({ proxy: tunnel.proxy })
 * console.log((await client.request('GET', 'http://127.0.0.1:8080/')).status)
 * ```
 */
export declare function createTunnel(connect: ConnectFunction): Promise<Tunnel>;
/** How processes share their limits. */
export interface FleetOptions {
	/** Where they meet, such as `redis://localhost:6379`. */
	readonly redisUrl: string;
	/** Under so many hash tags the limits are kept, which a cluster spreads over its nodes. */
	readonly shards: number;
	/** How often a process says that it is there, in milliseconds. One that has not for three times that is gone. */
	readonly interval: number;
}
/** The name of a section that holds in one environment alone. */
export type Environment = "development" | "test" | "staging" | "production";
/** An alert of `alerting` or `alerts`. */
export interface AlertRule {
	readonly name: string;
	/** Such as `pending_requests > 50`. */
	readonly condition: string;
	/** How long it has to hold before, in milliseconds. */
	readonly for?: number | undefined;
	readonly severity: "info" | "warning" | "critical";
	readonly message?: string | undefined;
	/** `log`, `webhook`, `scale_up` or `investigate`; or a word for whoever is told. */
	readonly action?: string | undefined;
	readonly webhook?: string | undefined;
}
/** A provider of a {@link Config}. */
export interface ProviderConfig {
	/** Where its requests begin; several where it has several endpoints. */
	readonly baseUrls: readonly string[];
	/** For an `HttpClient` of its own. */
	readonly client: HttpClientOptions;
}
/**
 * A configuration, as options of this package. What is printed of it, by `console.log` or as JSON, has its
 * secrets left out.
 */
export interface Config {
	readonly file: string;
	/** The environment whose section was merged over the rest. */
	readonly environment: Environment | undefined;
	/** `http_client.enabled`. */
	readonly enabled: boolean;
	/** For an `HttpClient`, or for the default client of this process. */
	readonly client: HttpClientOptions;
	/** By name. */
	readonly providers: Readonly<Record<string, ProviderConfig>>;
	/**
	 * Of `alerting` and `alerts`: for `createMonitor`. {@link configure} has them looked for in the default client of the
	 * process.
	 */
	readonly alerts: readonly AlertRule[];
	/**
	 * Where processes meet that share the rate limits of providers: `distributed_pool`, if it has a Redis. {@link configure}
	 * has them do so.
	 */
	readonly fleet: FleetOptions | undefined;
}
/** Where variables come from: `process.env`, or what stands in for it. */
export type Variables = Readonly<Record<string, string | undefined>>;
/** How a configuration is read. */
export interface LoadOptions {
	/**
	 * What `${NAME}` in values, `WARMLINE_ENV`, `NODE_ENV` and keys such as `WARMLINE_HTTP_CLIENT__TIMEOUT__CONNECT`
	 * are looked up in. Default `process.env`.
	 */
	env?: Variables;
}
/** How {@link watchConfig} follows a file. */
export interface WatchOptions extends LoadOptions {
	/**
	 * Takes a changed configuration. It is refused, and the one before stays, if this throws.
	 */
	onChange?: (config: Config) => void;
	/**
	 * Told of a change that was refused: a {@link ConfigError}, what the file system says, or what `onChange`
	 * threw. Default: a process warning.
	 */
	onError?: (error: unknown) => void;
}
/** A configuration whose file is watched. */
export interface ConfigWatch {
	/** The one in force: the last that was good. */
	readonly config: Config;
	/** Watches no longer. */
	close(): void;
}
/** How {@link configure} reads a file. */
export interface ConfigureOptions extends WatchOptions {
	/** Whether the file is followed from then on. Default `false`. */
	watch?: boolean;
}
/**
 * Sets up the default client of this process: the one of `fetch` and of patched SDKs, which all threads share.
 *
 * From options it does so at once; from the path of a YAML file, once the promise that it returns has resolved. It may
 * be called again while requests are under way. They end as they began, and those that follow go by the new
 * options, on the connections that are open already; only new `tls`, `proxy`, `dns` and socket options begin with
 * new connections, and leases of the default pool stay with the old ones.
 *
 * With `distributed_pool` the promise resolves once the processes that meet there agree on what of the rate limits
 * falls to each; where their Redis cannot be reached, a process warning (`WARMLINE_FLEET_UNREACHABLE`) says so.
 *
 * Unlike an `HttpClient`, the default client has no deadline for a whole request unless it is told one.
 *
 * @throws {TypeError} that names the option which is wrong or unknown.
 * @throws {NativeUnavailableError} without a native binary for this platform.
 *
 * Rejects with a `ConfigError` of `warmline/config` that lists everything wrong in the file.
 *
 * @example
 * ```ts
 * import { configure } from 'warmline'
 *
 * configure({ maxConnections: 200, timeout: { connect: 5_000, idle: 60_000 } })
 * // or
 * const watched = await configure('warmline.yaml', { watch: true })
 * console.log(watched.config.environment)
 * ```
 */
export declare function configure(options: DefaultClientOptions): void;
export declare function configure(path: string | URL, options?: ConfigureOptions): Promise<ConfigWatch>;
/**
 * WHATWG `fetch` on the engine, over the connections that the whole process shares.
 *
 * As the standard has it, with what Node adds: async iterables as bodies, `duplex: 'half'` for streamed
 * ones. Beyond it: `connection` sends on a leased connection, `timeout` sets deadlines.
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
declare function fetch$1(input: string | URL | Request, init?: FetchInit): Promise<TimedResponse>;
/** A limit that processes share. */
export interface FleetLimit {
	readonly provider: string;
	/** The processes that share it, this one included. */
	readonly processes: number;
	/** What all of them may send. */
	readonly limit: RateLimit;
	/** What this one may send. */
	readonly share: RateLimit;
}
/** The limits that this process shares with others, as they are agreed now; none without `distributed_pool`. */
export declare function getFleetLimits(): readonly FleetLimit[];
/** Where `pipe` leads: a response of Node's servers, or any other stream. */
export type Destination = ServerResponse | Http2ServerResponse | Writable;
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
/** What became of a response that was passed on. */
export interface PipeReport {
	/**
	 * `complete`: all of it was passed on. `client-left`: the client went away, and the upstream was stopped.
	 * `stopped`: the response was ended by somebody else, or the upstream by its `signal`.
	 * `upstream-failed`: it broke off; the client's connection was closed without the response's end.
	 */
	readonly end: "complete" | "client-left" | "stopped" | "upstream-failed";
	/** Bytes of the upstream's body that were passed on. */
	readonly bytes: number;
	/** What the provider reported of tokens used until the end; `undefined` for nothing. */
	readonly usage: TokenUsage | undefined;
	/** An error that the provider reported in its body. The client has it, too, as it came. */
	readonly providerError: ProviderError | undefined;
	/**
	 * Why it ended: `TypeError: terminated` with a {@link WarmlineError} as its cause where the upstream
	 * failed, the signal's reason where that stopped it; `undefined` in all other cases.
	 */
	readonly error: unknown;
	/** Whether the engine wrote to the client's socket, and JavaScript saw no event. */
	readonly native: boolean;
}
/** A response to be given to a web framework, and what becomes of it. */
export interface PassThrough {
	/** The upstream's status, end-to-end headers and body. */
	readonly response: Response;
	/** Once the body has ended; it never rejects. */
	readonly report: Promise<PipeReport>;
}
/**
 * Makes a response for the client of a gateway out of an upstream's: for frameworks that want a web
 * `Response` (Hono, Next.js, SvelteKit, `Deno.serve`'s kind). {@link pipe} costs far less where there is
 * a response of Node's to be had.
 *
 * The body passes byte for byte, as it is read, and its usage is counted on the way. Cancelling it stops
 * the upstream, and so does collecting it unread; where the upstream breaks off, reading it fails.
 *
 * @param from a response of this package's `fetch`, whose body nobody has read.
 * @throws {TypeError} for any other.
 *
 * @example
 * ```ts
 * app.post('/v1/chat/completions', async (c) => {
 *   const upstream = await fetch(url, { method: 'POST', headers, body: await c.req.text() })
 *   const { response, report } = passThrough(upstream)
 *   report.then(({ end, usage }) => console.log(end, usage))
 *   return response
 * })
 * ```
 */
export declare function passThrough(from: Response): PassThrough;
/** How {@link pipe} passes a response on. */
export interface PipeOptions {
	/**
	 * Whether the upstream's status and end-to-end headers are passed on, too, beside the headers that are set
	 * already. Without them, it is a 200 with what is set. Default true.
	 */
	readonly head?: boolean;
	/**
	 * Milliseconds of silence after which an event stream gets a comment (`: keep-alive`), between two
	 * events, so that proxies on the way do not take it for dead. Default none.
	 */
	readonly heartbeat?: number;
}
/**
 * Passes an upstream's response on to the client of a gateway, byte for byte, and counts its usage on
 * the way.
 *
 * A chunked response of `node:http` on a plain socket is written by the engine itself: JavaScript sees no
 * event, and the main thread is free for other things. On TLS, HTTP/2, Windows, under middleware that
 * changes what is written, and into any other stream, the same comes by way of JavaScript. `native` in the
 * report says which it was.
 *
 * A client that reads slowly slows down its own upstream and nobody else's; one that goes away stops it
 * at once. Where the upstream breaks off, the client's connection is closed without the end of the response
 * (HTTP/2: reset), so that nobody takes it for complete. Whatever is written to the response meanwhile
 * comes after the body; ending it stops the upstream.
 *
 * The result never rejects: it says how it ended.
 *
 * @param from a response of this package's `fetch`, whose body nobody has read.
 * @param to a response of `node:http`, `node:https` or `node:http2`, or another stream.
 * @throws {TypeError} for anything else, for a body that has been read, and for a destination that was ended.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { fetch, pipe } from 'warmline'
 *
 * createServer(async (request, response) => {
 *   const upstream = await fetch('https://api.openai.com/v1/chat/completions', {
 *     method: 'POST',
 *     headers: { authorization: `Bearer ${process.env.OPENAI_API_KEY}`, 'content-type': 'application/json' },
 *     body: request,
 *     duplex: 'half',
 *   })
 *   const { end, usage } = await pipe(upstream, response)
 *   console.log(end, usage)
 * }).listen(8080)
 * ```
 */
export declare function pipe(from: Response, to: Destination, { head, heartbeat }?: PipeOptions): Promise<PipeReport>;
/**
 * Nothing was sent: too many requests have failed where this one was to go, and its circuit breaker is open. Its
 * `code` is `WARMLINE_CIRCUIT_OPEN`.
 */
export declare class CircuitOpenError extends WarmlineError {
	readonly name: string;
	/**
	 * For so long nothing will be sent there, in milliseconds; 0 while those requests are under way that show
	 * whether the place has recovered.
	 */
	readonly retryAfter: number;
	/** The same as a moment. */
	readonly retryAt: Date;
	constructor(facts: ErrorFacts);
	static [Symbol.hasInstance](value: unknown): boolean;
}
/** What has gone through one patch since it was made. */
export interface PatchStatistics {
	/** Requests that the engine was given, those that an SDK repeats of its own accord included. */
	readonly calls: number;
	/** Of an SDK whose streams the engine can decode: those that it has opened. */
	readonly streams: number;
	/** Events of streams that the engine has decoded. */
	readonly events: number;
	/** Calls that were left, before anything of them was sent, to what the target had before. */
	readonly fallbacks: number;
	/** Calls that failed for a defect of the engine. */
	readonly engineErrors: number;
	/** Milliseconds that its calls have taken, each from the call to the end of its response's body, in sum. */
	readonly callTime: number;
}
/** One thing that is patched. */
export interface PatchedTarget {
	readonly kind: "client" | "class" | "global" | "dispatcher" | "axios";
	/** The name of its class, or `globalThis.fetch`, `undici` or `axios`. */
	readonly name: string;
	/**
	 * Who decodes its streams: `native`, the engine; `transport`, the SDK, from bytes that the engine
	 * brings; `untried` before the first stream has shown which of the two it is.
	 */
	readonly streams: "native" | "transport" | "untried";
	/** Whether its calls go to the engine: not while {@link disablePatches} holds, nor after engine errors. */
	readonly active: boolean;
	readonly statistics: PatchStatistics;
}
/** How {@link patch} patches. */
export interface PatchOptions {
	/**
	 * Send on this client's pool, with its deadlines, instead of the one that the process shares; over all its
	 * `endpoints`, where the target's base URL is one of them.
	 */
	client?: HttpClient;
}
/** What is patched now. */
export interface PatchStatus {
	/** Whether this platform has a native binary; without one nothing is ever patched. */
	readonly native: boolean;
	/** Whether patches are followed: false from {@link disablePatches} to {@link enablePatches}. */
	readonly enabled: boolean;
	readonly patched: readonly PatchedTarget[];
}
/**
 * Moves an SDK's traffic to the engine: its requests, streams and retries stay what they are, and go
 * over native pooled connections.
 *
 * @param given A client of `openai`, `@anthropic-ai/sdk`, `groq-sdk`, `ollama`, `cohere-ai` or
 *   `@google/genai`, a chat model of `@langchain/openai` or `@langchain/anthropic`, or any other that keeps
 *   its `fetch` the same way; the class of `openai`, `@anthropic-ai/sdk` or `groq-sdk`, for all its clients to
 *   come, or one of these packages (`import * as openai from 'openai'`), for all clients of its classes; the package
 *   `undici` (6 to 8), for its global dispatcher; `axios` 1 or an instance of it, which is given an adapter; nothing,
 *   for `globalThis.fetch`.
 * @returns the target. Patching twice changes nothing.
 * @throws {TypeError} for what has no `fetch` to replace, and for a `client` that is none.
 *
 * The server sees the requests that it saw before, but for the order of their headers, and for those that
 * built-in fetch adds of its own accord: `accept-language`, `sec-fetch-mode` and `connection`. README.md, "What
 * differs", has the rest.
 *
 * Streams of `openai` and `@anthropic-ai/sdk` are decoded by the engine, as the package itself reads them: its
 * first stream finds out how it does, on a few bodies in memory. A version that reads differently, and
 * every other SDK, goes on decoding the bytes that it gets; {@link getPatchStatus} says which it is.
 *
 * Without a native binary for this platform it warns once and leaves the target as it is. So it does,
 * without a word, while the environment says `WARMLINE_DISABLE=1`. Where it says `WARMLINE_ROLLOUT=10`, ten
 * percent of the targets are patched, and of a class's clients; each is drawn once, and stays what it is.
 *
 * @example
 * ```ts
 * import OpenAI from 'openai'
 * import { patch } from 'warmline'
 *
 * const client = patch(new OpenAI())
 * ```
 */
export declare function patch<T extends object = typeof globalThis>(given?: T, options?: PatchOptions): T;
/**
 * Undoes {@link patch}, to the property descriptor. Requests under way end as they began.
 *
 * Clients that were made from a patched class, or while `globalThis.fetch` was patched, go by their own
 * `fetch` from now on.
 *
 * @returns whether it was patched. A `fetch` that somebody else has replaced since is left alone, and
 *   the answer is false.
 */
export declare function unpatch(given?: object): boolean;
/**
 * Undoes every {@link patch} of this thread, those of `warmline/auto` included.
 *
 * @returns whether all is as it was; see {@link unpatch}.
 */
export declare function unpatchAll(): boolean;
/**
 * The switch for an emergency: whatever is patched in this thread sends, from the next call on, by the
 * `fetch` that it had before. Nothing is unpatched, and what is under way ends as it began: no request is sent
 * a second time.
 *
 * A patch turns itself off in this way when the engine has failed three times under it: errors with the
 * code `WARMLINE_ENGINE`, `WARMLINE_PANIC` or `WARMLINE_INTERNAL`, never those of a network or a provider. It
 * says so in a process warning with the code `WARMLINE_PATCH_OFF`.
 *
 * @example
 * ```ts
 * import { disablePatches, enablePatches } from 'warmline'
 *
 * process.on('SIGUSR2', disablePatches)
 * process.on('SIGCONT', enablePatches)
 * ```
 */
export declare function disablePatches(): void;
/** Undoes {@link disablePatches}; patches that engine errors have turned off are on again, too. */
export declare function enablePatches(): void;
/** What is patched now, whether anything can be, and what has gone through each patch. */
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
 * 100 in all; a returned connection stays open for 5 minutes. Any thread may use and return an id, but a
 * lease ends with the thread that took it: what a worker has not returned is returned when it ends.
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
/** The package `undici`, in any of the versions 6 to 8, or as much of it as is needed. */
export interface Undici<D extends object> {
	readonly Dispatcher: new () => D;
}
/** How a dispatcher is made. */
export interface DispatcherOptions {
	/** Send on this client's pool, with its deadlines, instead of the one that the process shares. */
	client?: HttpClient;
}
/**
 * A dispatcher of undici's, whose requests go over the engine: for `setGlobalDispatcher`, or as the
 * `dispatcher` of undici's `fetch`, `request`, `stream` and `pipeline` and of built-in `fetch`. It can be
 * composed with undici's interceptors.
 *
 * What the engine does not do ends with the code `UND_ERR_NOT_SUPPORTED`, and nothing is sent: upgrades,
 * `CONNECT`, and bodies with `GET` or `HEAD`. Trailers are dropped, names of headers are in lower case, and informational
 * responses (103) are passed over. Errors of the network are a {@link WarmlineError}, with undici's codes.
 *
 * @param undici the package, from version 6 on; the dispatcher is one of its own.
 * @throws {TypeError} for what is not that package, and for a `client` that is none.
 *
 * @example
 * ```ts
 * import * as undici from 'undici'
 * import { createDispatcher } from 'warmline'
 *
 * const dispatcher = createDispatcher(undici)
 * const { statusCode, body } = await undici.request('https://api.example.com/v1/models', { dispatcher })
 * console.log(statusCode, await body.json())
 * ```
 */
export declare function createDispatcher<D extends object>(undici: Undici<D>, options?: DispatcherOptions): D;

export {
	fetch$1 as fetch,
};

export {};
