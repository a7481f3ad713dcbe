import { patch } from 'warmline';
import type { WireRequest } from '../servers/wire.js';
import { comparable, type Hide } from './comparable.js';
import type { Script } from './script.js';
import { type Stage, stage } from './stage.js';

/** All that a program sees of one use of an SDK, and all that the server sees of it. */
export interface Trace {
  /** In the order in which they came. */
  readonly values: readonly unknown[];
  readonly error: unknown;
  /** What the SDK complained of. */
  readonly log: readonly unknown[];
  readonly requests: readonly SeenRequest[];
  /** How many answers that stalled the client has left. */
  readonly stopped: number;
}

export interface SeenRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: unknown;
}

/** When a client stops, if it does: once it has so many values, or for none, once the server has its request. */
export interface Stop {
  readonly after: number;
  /** `break` leaves the loop, `abort` aborts the signal of the call. */
  readonly by: 'break' | 'abort';
}

/** What a client is made with. */
export interface Setting {
  readonly origin: string;
  readonly logger: Logger;
  /** Default none. */
  readonly maxRetries: number;
  /** Milliseconds; a very long time where none is tested. */
  readonly timeout: number;
}

export type Logger = Record<'error' | 'warn' | 'info' | 'debug', (...line: unknown[]) => void>;

/** An SDK as it is, and the same on the engine. */
export interface Sdk<Client> {
  readonly name: string;
  plain(setting: Setting): Client;
  /** Default: what {@link plain} makes, patched. */
  onEngine?(setting: Setting): Client;
}

/** Something to do with a client of an SDK. */
export interface Way<Client> {
  readonly name: string;
  run(client: Client, run: Run): Promise<unknown>;
}

/** One use of a client, which says here what comes of it. */
export interface Run {
  /** For the SDK's call: a signal, if this use is to be aborted. */
  readonly options: { signal?: AbortSignal };
  /** Something that the server does not wait for. */
  note(value: unknown): void;
  /** A value that the server may be waiting for; true if the loop is to be left. */
  value(value: unknown): boolean;
  /** Reads to the end, or as far as it is to be read. */
  each(values: AsyncIterable<unknown>): Promise<void>;
}

/** How a use of a client differs from the usual. */
export interface Circumstances {
  readonly stop?: Stop;
  readonly maxRetries?: number;
  readonly timeout?: number;
}

const UNHURRIED = 600_000;

/** The trace of an SDK as it is and of the same on the engine, each with the same script of its own. */
export async function traces<Client extends object>(
  sdk: Sdk<Client>,
  way: Way<Client>,
  script: Script,
  circumstances: Circumstances = {},
): Promise<[plain: Trace, onEngine: Trace]> {
  const onEngine = sdk.onEngine ?? ((setting: Setting) => patch(sdk.plain(setting)));
  return (await Promise.all(
    [sdk.plain, onEngine].map((make) => trace(make, way, script, circumstances)),
  )) as [Trace, Trace];
}

async function trace<Client>(
  make: (setting: Setting) => Client,
  way: Way<Client>,
  script: Script,
  { stop, maxRetries = 0, timeout = UNHURRIED }: Circumstances,
): Promise<Trace> {
  await using server = await stage(script);
  const hide = hiding(server);
  const log: unknown[] = [];
  const line = (...parts: unknown[]) => log.push(comparable(parts, hide));
  const logger = { error: line, warn: line, info: () => {}, debug: () => {} };
  const { run, values } = recorded(server, hide, stop);
  const client = make({ origin: server.origin, logger, maxRetries, timeout });
  let error: unknown;
  try {
    run.note(await way.run(client, run));
  } catch (reason) {
    error = comparable(reason, hide);
  }
  await server.settled();
  const requests = server.requests.map((request) => seen(request, hide));
  return { values, error, log, requests, stopped: server.stopped };
}

function recorded(
  server: Stage,
  hide: Hide,
  stop: Stop | undefined,
): { run: Run; values: unknown[] } {
  const values: unknown[] = [];
  const controller = new AbortController();
  const aborts = stop?.by === 'abort';
  if (aborts && stop.after === 0) void server.asked(1).then(() => controller.abort());
  let count = 0;
  const run: Run = {
    options: aborts ? { signal: controller.signal } : {},
    note: (value) => {
      values.push(comparable(value, hide));
    },
    value(value) {
      run.note(value);
      count += 1;
      const ends = stop?.after === count;
      if (ends && aborts) controller.abort();
      server.advance();
      return ends && !aborts;
    },
    async each(items) {
      for await (const item of items) if (run.value(item)) break;
    },
  };
  return { run, values };
}

const UUID = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi;

function hiding({ origin }: Stage): Hide {
  const host = new URL(origin).host;
  return (text) => text.replaceAll(host, 'server').replace(UUID, '(uuid)');
}

/**
 * A request without what is drawn at random: the boundary of a form, whose length is anybody's choice, too. It is
 * taken from the body: when built-in fetch sends a form again, for a redirect, it draws another one for the body alone.
 */
function seen({ method, target, headers, body }: WireRequest, hide: Hide): SeenRequest {
  const text = body.toString('latin1');
  const isForm = headers.some(([, value]) => value.startsWith('multipart/form-data'));
  const [, boundary] = (isForm ? /^--(.+)\r\n/.exec(text) : null) ?? [];
  const content = boundary === undefined ? text : text.replaceAll(boundary, '');
  const counted = (name: string, value: string) =>
    name.toLowerCase() === 'content-length' && Number(value) === text.length
      ? String(content.length)
      : hide(value).replace(/(?<=^multipart\/form-data; ?boundary=).+/, '(boundary)');
  return {
    method,
    target,
    headers: headers.map(([name, value]) => [name, counted(name, value)]),
    body: comparable(content, hide),
  };
}
