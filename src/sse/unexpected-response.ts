import { isBranded, WarmlineError } from '../native/error.js';

/** The most of an unexpected body that is kept. */
const EXCERPT_BYTES = 4096;

const brand = Symbol.for('warmline.unexpected-response-error');

/**
 * A response that is no stream: the provider refused the request, or answers in another form.
 *
 * `code` is `WARMLINE_UNEXPECTED_STATUS` for a status other than 200 to 299, else
 * `WARMLINE_UNEXPECTED_CONTENT_TYPE`.
 */
export class UnexpectedResponseError extends WarmlineError {
  override readonly name: string = 'UnexpectedResponseError';
  readonly status: number;
  /** `undefined` where the response names none. */
  readonly contentType: string | undefined;
  /** The first of the body, at most 4 KiB: most providers say there what is wrong. */
  readonly body: string;

  constructor(code: string, response: Response, body: string) {
    const { status } = response;
    const contentType = response.headers.get('content-type') ?? undefined;
    super({
      code,
      phase: 'headers',
      message: `expected a stream, not ${status} with ${contentType ?? 'no content-type'}`,
      origin: new URL(response.url).origin,
    });
    this.status = status;
    this.contentType = contentType;
    this.body = body;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBranded(value, brand);
  }
}

Object.defineProperty(UnexpectedResponseError.prototype, brand, { value: true });

/**
 * What a reader of a stream is told of a response that is none.
 *
 * Rejects with the signal's reason once it is aborted.
 */
export async function unexpected(response: Response): Promise<UnexpectedResponseError> {
  if (!response.ok) {
    const body = await excerpt(response, EXCERPT_BYTES);
    return new UnexpectedResponseError('WARMLINE_UNEXPECTED_STATUS', response, body);
  }
  // It may go on for minutes: its first bytes have to do.
  const body = await excerpt(response, 1);
  return new UnexpectedResponseError('WARMLINE_UNEXPECTED_CONTENT_TYPE', response, body);
}

/** The body's beginning, once so many bytes of it have come. */
async function excerpt(response: Response, wanted: number): Promise<string> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let room = EXCERPT_BYTES;
  try {
    while (reader !== undefined && room > EXCERPT_BYTES - wanted) {
      const { done, value } = await reader.read();
      if (done) return text;
      text += decoder.decode(value.subarray(0, room), { stream: true });
      room -= Math.min(room, value.length);
    }
  } catch (reason) {
    // Where the connection breaks, what came says more than that it broke.
    const broken = reason instanceof TypeError && reason.cause instanceof WarmlineError;
    if (!broken) throw reason;
  }
  reader?.cancel().catch(() => {});
  return text;
}
