/**
 * A client's socket in the hands of the engine: it writes the chunks of a `node:http` response by itself,
 * from its own thread. Node goes on reading, and has its say again at the end.
 */

import { ServerResponse } from 'node:http';
import { Socket } from 'node:net';

import { lend, takeBack } from '../native/passing.js';

/** What Node keeps of a socket's handle, and shows nowhere else. */
interface WithHandle {
  readonly _handle?: { readonly fd?: unknown } | null;
}

/**
 * The socket of a response whose head is out, if somebody else may write its chunks. `undefined` wherever
 * anything is not as it always is: a response that is compressed or recorded on its way, TLS, HTTP/1.0 or a
 * stated length, a socket with bytes of its own to write, or one with a time-out that our writes would not reset.
 */
function plainSocket(response: ServerResponse): (Socket & WithHandle) | undefined {
  const { socket } = response;
  if (
    !(response instanceof ServerResponse) ||
    response.write !== ServerResponse.prototype.write ||
    !response.headersSent ||
    response.writableEnded ||
    !response.chunkedEncoding ||
    response.req.method === 'HEAD' ||
    !(socket instanceof Socket) ||
    socket.write !== Socket.prototype.write
  ) {
    return undefined;
  }
  const quiet =
    socket.writable &&
    !('encrypted' in socket) &&
    !socket.timeout &&
    socket.writableLength === 0 &&
    socket.writableCorked === 0;
  return quiet ? socket : undefined;
}

type EndArguments = Parameters<ServerResponse['end']>;

/** A response of which the engine writes the body. */
export class Lending {
  /** The engine's number for the socket. */
  readonly socket: number;
  readonly #response: ServerResponse;
  readonly #socket: Socket;
  /** Somebody else has ended the response meanwhile, with these arguments. */
  #ended: EndArguments | undefined;
  /** The response's own `end`, where it had one. */
  readonly #end: PropertyDescriptor | undefined;
  readonly #guard: ServerResponse['end'];
  #given = false;

  private constructor(
    number: number,
    response: ServerResponse,
    socket: Socket,
    onEnded: () => void,
  ) {
    this.socket = number;
    this.#response = response;
    this.#socket = socket;
    // Whatever else is written to the response waits until the engine is done.
    socket.cork();
    // All but its end, which Node writes through every cork.
    this.#end = Object.getOwnPropertyDescriptor(response, 'end');
    const end = response.end;
    this.#guard = (...args: unknown[]) => {
      // Somebody may have wrapped this in the meantime, and call it when it is long over.
      if (this.#given) return end.apply(response, args as EndArguments);
      this.#ended ??= args as EndArguments;
      onEnded();
      return response;
    };
    response.end = this.#guard;
  }

  /**
   * Lends a response's socket to the engine, where that can be done.
   *
   * @param onEnded called when somebody else ends the response; that takes effect with {@link giveBack}.
   */
  static of(response: ServerResponse, onEnded: () => void): Lending | undefined {
    const socket = plainSocket(response);
    const descriptor = socket?._handle?.fd;
    if (socket === undefined || typeof descriptor !== 'number') return undefined;
    const number = lend(descriptor);
    return number === undefined ? undefined : new Lending(number, response, socket, onEnded);
  }

  /** The response is Node's own again. */
  giveBack(): void {
    this.#given = true;
    takeBack(this.socket);
    const response = this.#response;
    if (response.end === this.#guard) {
      if (this.#end === undefined) Reflect.deleteProperty(response, 'end');
      else Object.defineProperty(response, 'end', this.#end);
    }
    this.#socket.uncork();
    if (this.#ended !== undefined) response.end(...this.#ended);
  }
}
