import { Wish } from '../native/wire.js';

/** What the text of media types that providers stream is found by. */
export const TEXT_WISHES: ReadonlyMap<string, number> = new Map([
  ['text/event-stream', Wish.textOfEvents],
  ['application/x-ndjson', Wish.textOfLines],
  ['application/ndjson', Wish.textOfLines],
  ['application/jsonl', Wish.textOfLines],
  ['application/vnd.amazon.eventstream', Wish.textOfAwsFrames],
]);

/** A response's media type, in small letters and without parameters; empty for none. */
export function mediaType(response: Response): string {
  const [type] = (response.headers.get('content-type') ?? '').split(';', 1) as [string];
  return type.trim().toLowerCase();
}
