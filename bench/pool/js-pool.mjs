// What a careful author would write in plain JavaScript: the bookkeeping of `SimpleConnectionPool`
// (ids that are never reused, limits, time stamps, health, idle expiry) without any connection.

const MAX_IDLE_MILLISECONDS = 5 * 60_000;

class Endpoint {
  /** Most recently returned last. @type {Connection[]} */
  idle = [];
  total = 0;

  /** @param {string} address its normal form */
  constructor(address) {
    this.address = address;
  }
}

class Connection {
  healthy = true;
  leased = true;

  /** @param {string} id @param {Endpoint} endpoint @param {number} now */
  constructor(id, endpoint, now) {
    this.id = id;
    this.endpoint = endpoint;
    this.createdAt = now;
    this.usedAt = now;
  }
}

export class JsPool {
  #endpoints = new Map();
  #connections = new Map();
  #lastId = 0;
  #maxPerEndpoint;
  #maxTotal;

  constructor({ maxPerEndpoint = 10, maxTotal = 100 } = {}) {
    this.#maxPerEndpoint = maxPerEndpoint;
    this.#maxTotal = maxTotal;
  }

  /** Leases an idle connection or a new one; null at a limit. */
  getConnection(address) {
    const endpoint = this.#endpoints.get(address) ?? this.#addEndpoint(address);
    const now = performance.now();
    for (let idle = endpoint.idle.pop(); idle !== undefined; idle = endpoint.idle.pop()) {
      if (idle.healthy && now - idle.usedAt <= MAX_IDLE_MILLISECONDS) {
        idle.leased = true;
        idle.usedAt = now;
        return idle.id;
      }
      this.#drop(idle);
    }
    if (endpoint.total >= this.#maxPerEndpoint || this.#connections.size >= this.#maxTotal) {
      return null;
    }
    const connection = new Connection(`${endpoint.address}#${++this.#lastId}`, endpoint, now);
    endpoint.total++;
    this.#connections.set(connection.id, connection);
    return connection.id;
  }

  /** False for an id that is not leased. */
  returnConnection(id) {
    const connection = this.#connections.get(id);
    if (connection === undefined || !connection.leased) return false;
    connection.leased = false;
    connection.usedAt = performance.now();
    if (connection.healthy) connection.endpoint.idle.push(connection);
    else this.#drop(connection);
    return true;
  }

  #addEndpoint(address) {
    const endpoint = new Endpoint(new URL(address).origin);
    this.#endpoints.set(address, endpoint);
    return endpoint;
  }

  #drop(connection) {
    connection.endpoint.total--;
    this.#connections.delete(connection.id);
  }
}
