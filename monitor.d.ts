// Generated from src/ by `npm run types`; do not edit.

/** How bad it is. */
export type Severity = "info" | "warning" | "critical";
/** An alert that has fired, or that is over. */
export interface Alert {
	readonly name: string;
	readonly state: "firing" | "resolved";
	readonly severity: Severity;
	readonly message: string;
	/** As its rule has it; `callback` where that is a function. */
	readonly action: string | undefined;
	/** Since when its condition holds, in milliseconds since 1970. */
	readonly since: number;
}
/**
 * What is done about an alert.
 *
 * - `'log'` writes it to the `logger`, without one to the console, as it fires and as it is over.
 * - `'webhook'` posts it as JSON to the `webhook`, likewise.
 * - `'scale_up'` raises the caps of all pools that are watched by half as it fires, up to 1000 connections each. They
 *   stay so.
 * - `'investigate'` publishes what is known of the case on the `diagnostics_channel` named `warmline:investigation`,
 *   and logs it, as it fires.
 * - A function is called as it fires and as it is over.
 * - Any other word is for `onAlert`.
 */
export type AlertAction = "log" | "webhook" | "scale_up" | "investigate" | (string & {}) | ((alert: Alert) => void);
/** An alert, as the reference's `alerting` and `alerts` blocks have them. */
export interface AlertRule {
	/** What it is called; each name once. */
	readonly name: string;
	/**
	 * When it fires: metrics of the pool, numbers, `+ - * /`, comparisons, `and`, `or`, `not` and parentheses, such as
	 * `connection_errors_total / connections_created_total > 0.05`. `increase(metric)` is by how much a metric grew
	 * in the last minute. What is divided by zero is zero.
	 */
	readonly condition: string;
	/** For how long the condition must hold before: milliseconds, or such as `"30s"` or `"5m"`. Default 0. */
	readonly for?: number | string | undefined;
	/** Default `warning`. */
	readonly severity?: Severity;
	/** For people. Default: the condition. */
	readonly message?: string | undefined;
	/** Default: nothing but to tell of it. */
	readonly action?: AlertAction | undefined;
	/** Where the action `'webhook'` posts to. Default: the option `webhook`. */
	readonly webhook?: string | undefined;
}
/** What a logger such as pino's has. */
export interface Logger {
	info(details: object, message: string): void;
	warn(details: object, message: string): void;
	error(details: object, message: string): void;
}
/** An `HttpClient`. */
export interface MonitoredClient {
	getPoolMetrics(): {
		readonly connectionsTotal: number;
	};
}
/** How a monitor is set up. */
export interface MonitorOptions {
	/**
	 * The `HttpClient` to watch, or several by name. Default: the client that `fetch`, patched SDKs and leases
	 * of this process share.
	 */
	client?: MonitoredClient | Readonly<Record<string, MonitoredClient>>;
	/**
	 * What a request has to bring as `authorization: Bearer …`; liveness and readiness, and the empty page of
	 * the dashboard, are for everybody. Default: none is asked for, and debug endpoints answer only where
	 * the monitor listens on loopback.
	 */
	token?: string;
	/** Names besides `localhost` that requests to a monitor on loopback may be addressed to. */
	hosts?: readonly string[];
	/** What to be alarmed of, looked at once per `interval` from the first look at the monitor or its listening on. */
	alerts?: readonly AlertRule[];
	/**
	 * Told once of each alert that fires, and once when it is over; so is the `diagnostics_channel` named
	 * `warmline:alert`. `/api/alerts` lists those that are on.
	 */
	onAlert?: (alert: Alert) => void;
	/** Where the action `'webhook'` of an alert posts it to, if that does not say so itself. */
	webhook?: string;
	/**
	 * Whether to be alarmed, too, of more than 100 pending requests (`pool_exhausted`), more than a tenth of all requests
	 * failing (`high_error_rate`) and more than 100 active connections (`many_active_connections`). An alert of the
	 * same name stands in for its own. Default `true`.
	 */
	poolHealth?: boolean;
	/**
	 * What alerts are written to, and once a minute how the pools do: pino, or what has its `info`, `warn` and `error`.
	 * Default: nothing; the latter is also published on the `diagnostics_channel` named `warmline:pool-health`.
	 */
	logger?: Logger;
	/** How often figures are read for what is live, in milliseconds. Default 1000. */
	interval?: number;
}
/** Where a monitor listens. */
export interface Listening {
	readonly host: string;
	readonly port: number;
	/** Such as `http://127.0.0.1:8000`. */
	readonly url: string;
}
/** Watches clients, and answers those who ask how they do. */
export interface Monitor {
	/**
	 * Answers a request, wherever it came from: for any framework that has web requests. As it cannot be known
	 * here who asks, debug endpoints want the option `token`.
	 */
	fetch(request: Request): Promise<Response>;
	/**
	 * Answers on a port; 0 takes any that is free. Default host `127.0.0.1`: whoever can reach another one
	 * can read the figures, unless there is a `token`. It does not keep the process alive.
	 *
	 * @throws {TypeError} for what is no port or no host; else what `net.Server` says of it.
	 */
	listen(port: number, host?: string): Promise<Listening>;
	/** Stops to listen and to watch. */
	close(): Promise<void>;
	[Symbol.asyncDispose](): Promise<void>;
}
/**
 * A monitor of this process's connections: health, metrics for people, programs and Prometheus, and a look
 * at networks and memory.
 *
 * @throws {TypeError} for options of a wrong shape.
 * @throws {NativeUnavailableError} without a native binary for this platform.
 *
 * @example
 * ```ts
 * import { createMonitor } from 'warmline/monitor'
 *
 * const monitor = createMonitor()
 * const { url } = await monitor.listen(8000)
 * console.log(await (await fetch(`${url}/metrics`)).json())
 * ```
 */
export declare function createMonitor(options?: MonitorOptions): Monitor;
/** As far as it is used here, a `Meter` of `@opentelemetry/api`. */
export interface ObservingMeter {
	createObservableGauge(name: string, options: InstrumentOptions): object;
	createObservableCounter(name: string, options: InstrumentOptions): object;
	createObservableUpDownCounter(name: string, options: InstrumentOptions): object;
	addBatchObservableCallback(callback: (result: ObservedBatch) => Promise<void>, observables: object[]): void;
	removeBatchObservableCallback(callback: (result: ObservedBatch) => Promise<void>, observables: object[]): void;
}
/** What an instrument is made with. */
export interface InstrumentOptions {
	description?: string;
	unit?: string;
}
/** Where a meter takes its values. */
export interface ObservedBatch {
	observe(observable: object, value: number, attributes: Attributes): void;
}
export type Attributes = Record<string, string | number>;
/**
 * Has a meter of OpenTelemetry observe clients. By the semantic conventions for HTTP clients:
 * `http.client.open_connections`, by `http.connection.state`, `server.address`, `server.port` and `url.scheme`, and
 * `http.client.active_requests`. The conventions' `http.client.request.duration` is what
 * `@opentelemetry/instrumentation-undici` records of requests here as of undici's. All other metrics are observed under
 * their own names after `warmline.`; of times, quantiles in seconds.
 *
 * @returns ends it.
 * @throws {TypeError} for a client that is none.
 *
 * @example
 * ```ts
 * import { metrics } from '@opentelemetry/api'
 * import { observeMetrics } from 'warmline/monitor'
 *
 * observeMetrics(metrics.getMeter('warmline'))
 * ```
 */
export declare function observeMetrics(meter: ObservingMeter, { client }?: Pick<MonitorOptions, "client">): () => void;
/** As far as it is used here, a `Registry` of prom-client. */
export interface PromRegistry {
	registerMetric(metric: any): void;
	removeSingleMetric(name: string): void;
}
/**
 * Adds the metrics of clients to a registry of prom-client, so that they are scraped with an application's own. They
 * are read as they are asked for.
 *
 * @param prefix goes before each name. Default: none.
 * @returns takes them out again.
 * @throws {TypeError} for a client that is none.
 * @throws what the registry says of a name that it has already.
 *
 * @example
 * ```ts
 * import { register } from 'prom-client'
 * import { registerMetrics } from 'warmline/monitor'
 *
 * registerMetrics(register, { prefix: 'warmline_' })
 * console.log(await register.metrics())
 * ```
 */
export declare function registerMetrics(registry: PromRegistry, { client, prefix }?: Pick<MonitorOptions, "client"> & {
	prefix?: string;
}): () => void;
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
/**
 * The `Server-Timing` header (W3C Server Timing) by which a gateway's client sees where the time upstream went, in
 * milliseconds: `queue;dur=0.4;desc="Wait for a connection", …`. Phases that took none are left out.
 *
 * @param timings those of a response.
 *
 * @example
 * ```ts
 * import { HttpClient } from 'warmline'
 * import { serverTiming } from 'warmline/monitor'
 *
 * const response = await new HttpClient().request('GET', 'https://example.com')
 * const headers = { 'server-timing': serverTiming(response.timings) }
 * ```
 */
export declare function serverTiming(timings: RequestTimings): string;

export {};
