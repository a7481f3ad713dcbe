import { Meter, type Metered } from '../native/passing.js';
import { Wish } from '../native/wire.js';
import { mediaType, TEXT_WISHES } from '../sse/media-types.js';

/** How a response's usage is counted; `undefined` where its media type says nothing of usage. */
export function wishOf(response: Response): number | undefined {
  const type = mediaType(response);
  return type === 'application/json' ? Wish.usageOfObject : TEXT_WISHES.get(type);
}

/** What passes through JavaScript, counted. */
export class Counted {
  readonly #meter: Meter | undefined;
  bytes = 0;

  constructor(wish: number | undefined) {
    this.#meter = wish === undefined ? undefined : new Meter(wish);
  }

  add(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    this.#meter?.feed(chunk);
  }

  finish(): void {
    this.#meter?.finish();
  }

  read(): Metered {
    return this.#meter?.read() ?? {};
  }
}
