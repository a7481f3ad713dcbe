import { type DecodedEvent, decode, type EventSink } from '../native/events.js';
import { EventFlow, EventStream } from './event-flow.js';
import { isDecodable } from './events.js';
import { mediaType, TEXT_WISHES } from './media-types.js';
import { ProviderError, type ProviderFailure } from './provider-error.js';
import { unexpected } from './unexpected-response.js';

/** The tokens that a provider says were used; a count that it does not report is `undefined`. */
export interface TokenUsage {
  /** All of the prompt, with what was read from a cache or written to one. */
  readonly inputTokens?: number;
  /** All that was generated, thoughts included. */
  readonly outputTokens?: number;
  /** As the provider counts it; else the sum of both. */
  readonly totalTokens?: number;
  /** What of the prompt was read from a cache. */
  readonly cachedInputTokens?: number;
}

/** The text of an answer, piece by piece. */
export interface TextDeltas extends AsyncIterableIterator<string, undefined, undefined> {
  /**
   * What the provider has reported so far: complete once the iteration has ended, and what is known of
   * it after a `break` or an error. `undefined` until the first report; some providers want to be asked for it
   * (`stream_options: { include_usage: true }` with OpenAI's chat completions).
   */
  readonly usage: TokenUsage | undefined;
}

/** One object for each record that crosses: what it is, its field's name says. */
interface Report {
  readonly usage?: TokenUsage;
  readonly failure?: ProviderFailure;
}

/**
 * Reads only the text of a streamed answer: the engine decodes the stream and finds the text in it, and
 * nothing else comes to JavaScript.
 *
 * It knows OpenAI's chat completions, completions and responses, Anthropic's messages, Gemini, Ollama,
 * Cohere, Mistral and Bedrock, and who speaks like one of them, by the shape of their events: event
 * streams, lines of JSON and AWS frames. Of several answers it reads the first. Thoughts, refusals and tool
 * calls are no text. Pieces that arrive together come as one; nothing waits for more.
 *
 * Leaving the loop stops the upstream, as with {@link events}.
 *
 * @param response a response of this package's `fetch`, or a clone of one, whose body nobody has read.
 * @throws {TypeError} for any other.
 *
 * Iterating throws a {@link ProviderError} for an error that the provider reports in its stream, an
 * {@link UnexpectedResponseError} where the response is no stream of a known kind, and else what it
 * throws with {@link events}.
 *
 * @example
 * ```ts
 * import { fetch, textDeltas } from 'warmline'
 *
 * const response = await fetch('http://localhost:11434/api/chat', {
 *   method: 'POST',
 *   body: JSON.stringify({ model: 'llama3.2', messages: [{ role: 'user', content: 'Hello!' }] }),
 * })
 * const deltas = textDeltas(response)
 * for await (const text of deltas) process.stdout.write(text)
 * console.log(deltas.usage)
 * ```
 */
export function textDeltas(response: Response): TextDeltas {
  if (!isDecodable(response)) {
    throw new TypeError("textDeltas: expected a response of warmline's fetch");
  }
  const sink = new TextSink(response);
  const stream = new TextStream(sink);
  const wish = TEXT_WISHES.get(mediaType(response));
  if (response.ok && wish !== undefined) sink.flow.connect(response[decode](wish, sink, stream));
  else refuse(response, sink);
  return stream;
}

function refuse(response: Response, sink: TextSink): void {
  if (response.bodyUsed || response.body?.locked) {
    throw new TypeError('Body is unusable: Body has already been read or is locked');
  }
  const fail = (reason: unknown): void => sink.fail(reason);
  unexpected(response).then(fail, fail);
}

/** Keeps what the provider reports, and passes its text on. */
class TextSink implements EventSink {
  readonly flow: EventFlow<string>;
  usage: TokenUsage | undefined;

  constructor(response: Response) {
    const { url } = response;
    this.flow = new EventFlow({
      shape: ({ isText, data }: DecodedEvent) => {
        if (isText) return data as string;
        const { failure } = data as Report;
        throw new ProviderError(failure as ProviderFailure, new URL(url).origin);
      },
    });
  }

  events(events: DecodedEvent[], bytes: number): void {
    const last = events.at(-1);
    if (last?.isText === false) {
      const { usage } = last.data as Report;
      if (usage !== undefined) {
        this.usage = usage;
        events.pop();
      }
    }
    this.flow.events(events, bytes);
  }

  end(): void {
    this.flow.end();
  }

  fail(reason: unknown): void {
    this.flow.fail(reason);
  }

  stop(reason: unknown): void {
    this.flow.stop(reason);
  }
}

class TextStream extends EventStream<string> implements TextDeltas {
  readonly #sink: TextSink;

  constructor(sink: TextSink) {
    super(sink.flow);
    this.#sink = sink;
  }

  get usage(): TokenUsage | undefined {
    return this.#sink.usage;
  }
}
