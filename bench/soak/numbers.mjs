// The ways to read a stream, each as the numbers that its words are.
import { events, textDeltas } from 'warmline';

/** Numbers in text that comes in pieces: each has a space before it, and ends with its piece or before the next. */
function* inText(text) {
  for (const word of text.split(' ')) if (word !== '') yield Number(word);
}

/** Numbers in the bytes of a stream, cut anywhere. */
async function* inBytes(response) {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of response.body) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith('data: {')) {
        yield* inText(JSON.parse(line.slice(6)).choices[0]?.delta.content ?? '');
      }
    }
  }
}

async function* inChunks(chunks) {
  for await (const chunk of chunks) yield* inText(chunk.choices[0]?.delta.content ?? '');
}

/** @type {Record<string, (response: Response) => AsyncIterable<number>>} */
export const ways = {
  async *events(response) {
    for await (const { data } of events(response)) {
      if (data !== '[DONE]') yield* inText(JSON.parse(data).choices[0]?.delta.content ?? '');
    }
  },
  async *textDeltas(response) {
    for await (const text of textDeltas(response)) yield* inText(text);
  },
  bytes: inBytes,
  /** As bytes, of what a gateway in this process has passed on. */
  gateway: inBytes,
};

/** What a patched SDK's stream gives. */
export const ofSdk = inChunks;
