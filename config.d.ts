// Generated from src/ by `npm run types`; do not edit.

/** What a request's body can be encoded with. */
export type Compression = "gzip" | "zstd";
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
/** One thing that is wrong with a configuration. */
export interface ConfigIssue {
	/** The file, or the environment variable, that it is in. */
	readonly source: string;
	/** From 1; `undefined` where the source has no lines. */
	readonly line: number | undefined;
	readonly column: number | undefined;
	/** With dots between its parts, such as `http_client.timeout.connect`; empty for the whole. */
	readonly key: string;
	/** What is wrong, without place and key. */
	readonly message: string;
	/** What stands there, as it is written; never a secret. */
	readonly found: string | undefined;
	/** The key that an unknown one was probably meant to be. */
	readonly suggestion: string | undefined;
}
/**
 * A configuration that cannot be used: all that is wrong with it, in the order of the file.
 *
 * `code` is `WARMLINE_CONFIG`.
 */
export declare class ConfigError extends Error {
	readonly name: string;
	readonly code: string;
	readonly issues: readonly ConfigIssue[];
	constructor(file: string, issues: readonly ConfigIssue[], cause?: unknown);
	static [Symbol.hasInstance](value: unknown): boolean;
}
/** Where variables come from: `process.env`, or what stands in for it. */
export type Variables = Readonly<Record<string, string | undefined>>;
/** The JSON Schema (draft 2020-12) of a configuration file, as `warmline/config.schema.json` has it. */
export declare function jsonSchema(): Record<string, unknown>;
/** How a configuration is read. */
export interface LoadOptions {
	/**
	 * What `${NAME}` in values, `WARMLINE_ENV`, `NODE_ENV` and keys such as `WARMLINE_HTTP_CLIENT__TIMEOUT__CONNECT`
	 * are looked up in. Default `process.env`.
	 */
	env?: Variables;
}
/** How {@link validateConfig} reads a configuration. */
export interface ValidateOptions extends LoadOptions {
	/** What errors call it, and what the paths in it are relative to. Default `warmline.yaml`. */
	file?: string;
}
/** What {@link validateConfig} finds. */
export type Validation = {
	readonly valid: true;
	readonly config: Config;
	readonly issues: readonly [
	];
} | {
	readonly valid: false;
	readonly config: undefined;
	readonly issues: readonly ConfigIssue[];
};
/**
 * Reads a YAML file into options of this package. The section of the environment that `WARMLINE_ENV`, else
 * `NODE_ENV`, names is merged over the rest, and variables such as `WARMLINE_HTTP_CLIENT__TIMEOUT__CONNECT=5`
 * over all of it.
 *
 * @throws {ConfigError} with everything that is wrong in it, each with its line and column.
 * @throws what the file system says where the file cannot be read.
 *
 * @example
 * ```ts
 * import { HttpClient } from 'warmline'
 * import { loadConfig } from 'warmline/config'
 *
 * const { client, providers } = await loadConfig('warmline.yaml')
 * const openai = new HttpClient(providers.openai?.client ?? client)
 * ```
 */
export declare function loadConfig(path: string | URL, options?: LoadOptions): Promise<Config>;
/**
 * Checks a configuration without using it.
 *
 * @param yaml the text of a file.
 */
export declare function validateConfig(yaml: string, options?: ValidateOptions): Validation;
/**
 * Numbers that suit a provider, in the words of the configuration file, each with its reason. What a file
 * says of the provider goes before them. Limits of requests and tokens are an account's and not a
 * provider's, so that there are none.
 */
/** What a profile says of its provider. Durations are seconds. */
export interface Profile {
	/** Where the provider is; left out where it is the account's own. */
	readonly base_url?: string;
	/** Why these numbers: sentences, for people. */
	readonly reasons: readonly string[];
	readonly connection_pool: {
		readonly pool_limits: {
			readonly max_connections: number;
			readonly max_keepalive_connections: number;
			readonly keepalive_expiry: number;
		};
		readonly timeout: {
			readonly connect: number;
			readonly first_byte: number;
			readonly idle: number;
			readonly total?: number;
		};
		readonly retry: {
			readonly attempts: number;
			readonly backoff_factor: number;
			readonly backoff_max_delay?: number;
			readonly retry_status_codes?: readonly number[];
		};
		readonly proxy?: false;
	};
}
/** The name of a profile. */
export type ProfileName = "openai" | "anthropic" | "azure_openai" | "google" | "mistral" | "groq" | "ollama" | "vllm";
export declare const profiles: Readonly<Record<ProfileName, Profile>>;
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
/**
 * {@link loadConfig}, and again whenever the file changes; also one that is replaced, or reached by links that
 * change, as Kubernetes mounts them. A change that cannot be used is refused and reported, and the
 * configuration before it stays. Watching keeps no process alive.
 *
 * @throws {ConfigError} for what is wrong in the file now.
 * @throws what the file system says where the file cannot be read.
 */
export declare function watchConfig(path: string | URL, options?: WatchOptions): Promise<ConfigWatch>;

export {};
