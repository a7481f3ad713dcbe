/** Where processes meet: a Redis, by the package `redis`. */

import { createHash } from 'node:crypto';
import { type Agreed, agreed, asked, type Kind, SCRIPT } from './agreement.js';

/** The package. */
export type Redis = typeof import('redis');
type Client = ReturnType<Redis['createClient']>;

const CHANNEL = 'warmline:limits';
const CONNECT_TIMEOUT = 5000;

/** How processes share their limits. */
export interface FleetOptions {
  /** Where they meet, such as `redis://localhost:6379`. */
  readonly redisUrl: string;
  /** Under so many hash tags the limits are kept, which a cluster spreads over its nodes. */
  readonly shards: number;
  /** How often a process says that it is there, in milliseconds. One that has not for three times that is gone. */
  readonly interval: number;
}

/** One member's word, on one limit. */
export interface Word {
  readonly limit: string;
  readonly member: string;
  /** For how many milliseconds it counts without another one. */
  readonly counts: number;
  readonly weight: number;
  readonly kinds: readonly Kind[];
}

interface Connection {
  readonly client: Client;
  /** One that listens does nothing else. */
  readonly listener: Client;
  /** The first of them, once both are there. */
  readonly ready: Promise<Client>;
}

/**
 * A connection to it that is opened when it is needed, and again after it has ended. It keeps no process alive: nothing
 * waits to connect once more.
 */
export class Store {
  readonly #redis: Redis;
  readonly #options: FleetOptions;
  readonly #onCall: () => void;
  #connection: Connection | undefined;

  /** @param onCall others ask all to say anew what they need. */
  constructor(redis: Redis, options: FleetOptions, onCall: () => void) {
    this.#redis = redis;
    this.#options = options;
    this.#onCall = onCall;
  }

  /** @throws what the package says of an address that is none, or of a Redis that does not answer. */
  async agree({ limit, member, counts, weight, kinds }: Word): Promise<Agreed> {
    const client = await this.#connect();
    const answer = await client.eval(SCRIPT, {
      keys: [this.#key(limit)],
      arguments: asked(member, counts, weight, kinds),
    });
    return agreed(answer);
  }

  /** Asks all members, this one included, to say anew what they need. */
  async call(): Promise<void> {
    await this.#connection?.client.publish(CHANNEL, '');
  }

  /** Gives back what a member holds of a limit. */
  async forget(limit: string, member: string): Promise<void> {
    await this.#connection?.client.hDel(this.#key(limit), member);
  }

  close(): void {
    const { client, listener } = this.#connection ?? {};
    this.#connection = undefined;
    for (const each of [client, listener]) if (each?.isOpen) each.destroy();
  }

  #key(limit: string): string {
    const { shards } = this.#options;
    const shard = createHash('sha256').update(limit).digest().readUInt32LE() % shards;
    return `warmline:{${shard}}:limit:${limit}`;
  }

  #connect(): Promise<Client> {
    this.#connection ??= this.#open();
    return this.#connection.ready;
  }

  #open(): Connection {
    const [client, listener] = [this.#made(), this.#made()];
    const connection = { client, listener, ready: this.#ready(client, listener) };
    const end = () => {
      if (this.#connection === connection) this.close();
    };
    client.on('error', end);
    listener.on('error', end);
    connection.ready.catch(end);
    return connection;
  }

  #made(): Client {
    return this.#redis.createClient({
      url: this.#options.redisUrl,
      socket: { connectTimeout: CONNECT_TIMEOUT, reconnectStrategy: false },
    });
  }

  async #ready(client: Client, listener: Client): Promise<Client> {
    await Promise.all([client.connect(), listener.connect()]);
    client.unref();
    listener.unref();
    await listener.subscribe(CHANNEL, this.#onCall);
    return client;
  }
}

/**
 * The package, which few need and who does installs.
 *
 * @throws {Error} that says so.
 */
export async function loaded(): Promise<Redis> {
  try {
    return await import('redis');
  } catch (error) {
    throw new Error('distributed_pool.redis_url needs the package redis: npm install redis', {
      cause: error,
    });
  }
}
