import { setImmediate } from 'node:timers';

/** A body of up to this many bytes is read first, where it can be: then it is sent whole, and again if need be. */
export const AT_ONCE_BYTES = 16 * 1024 * 1024;

/**
 * Reads a stream that may well be complete: a `Request` shows its body as one even where it was made from a
 * string. What is there within a turn of the event loop can be sent whole: with its length, and once more if
 * need be.
 */
export async function atOnce(
  source: ReadableStream<Uint8Array>,
): Promise<[Uint8Array, null] | [null, ReadableStream<Uint8Array>]> {
  const reader = source.getReader();
  const chunks: Uint8Array[] = [];
  const turn = new Promise<'late'>((resolve) => setImmediate(resolve, 'late'));
  let size = 0;
  let read = reader.read();
  while (size <= AT_ONCE_BYTES) {
    const next = await Promise.race([read, turn]);
    if (next === 'late') break;
    if (next.done) return [Buffer.concat(chunks), null];
    chunks.push(next.value);
    size += next.value.length;
    read = reader.read();
  }
  return [null, resumed(chunks, read, reader)];
}

/** A stream that goes on where {@link atOnce} stopped reading. */
function resumed(
  chunks: Uint8Array[],
  read: ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>,
  reader: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStream<Uint8Array> {
  let next: typeof read | undefined = read;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
    },
    async pull(controller) {
      const { done, value } = await (next ?? reader.read());
      next = undefined;
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
