import { WarmlineError } from '../native/error.js';
import { Counted, wishOf } from './counted.js';
import { endToEnd } from './head.js';
import { isPassable } from './pipe.js';
import { type PipeReport, reportOf } from './report.js';

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
export function passThrough(from: Response): PassThrough {
  if (!isPassable(from))
    throw new TypeError("passThrough: expected a response of warmline's fetch");
  const reader = from.body?.getReader();
  const counted = new Counted(wishOf(from));
  let settle: (report: PipeReport) => void = () => {};
  const report = new Promise<PipeReport>((resolve) => {
    settle = resolve;
  });
  const over = (end: PipeReport['end'], error?: unknown): void => {
    const { bytes } = counted;
    settle(reportOf(from.url, { end, bytes, error, native: false }, counted.read()));
  };
  const body = reader && relayed(reader, counted, over);
  if (body === undefined) over('complete');
  const { status, statusText } = from;
  const response = new Response(body ?? null, { status, statusText, headers: endToEnd(from) });
  return { response, report };
}

/** The stream's own stream, so that nothing but its reader holds it. */
function relayed(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  counted: Counted,
  over: (end: PipeReport['end'], error?: unknown) => void,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) {
            counted.finish();
            over('complete');
            controller.close();
          } else {
            counted.add(value);
            controller.enqueue(value);
          }
        } catch (reason) {
          over(isBroken(reason) ? 'upstream-failed' : 'stopped', reason);
          throw reason;
        }
      },
      cancel(reason) {
        over('client-left');
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/** Not stopped by its signal, whose reason it would be. */
function isBroken(reason: unknown): boolean {
  return reason instanceof TypeError && reason.cause instanceof WarmlineError;
}
