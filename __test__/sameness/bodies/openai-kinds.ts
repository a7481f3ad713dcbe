import { answerOf, type Body, json, piece, type Script, stream } from '../script.js';

const base64 = (...numbers: number[]) =>
  Buffer.from(new Float32Array(numbers).buffer).toString('base64');

/** Vectors as the SDK asks for them, and as some servers give them all the same. */
export const EMBEDDINGS: Record<string, Body> = {
  'base64 text': json({
    object: 'list',
    model: 'm',
    data: [0, 1].map((index) => ({
      object: 'embedding',
      index,
      embedding: base64(0.5, -1, index),
    })),
    usage: { prompt_tokens: 2, total_tokens: 2 },
  }),
  'a list of numbers': json({
    object: 'list',
    model: 'm',
    data: [{ object: 'embedding', index: 0, embedding: [0.5, -1] }],
  }),
  'many vectors': json({
    object: 'list',
    model: 'm',
    data: Array.from({ length: 200 }, (_, index) => ({
      object: 'embedding',
      index,
      embedding: base64(...Array.from({ length: 256 }, (_, i) => Math.sin(index + i))),
    })),
  }),
};

/** Two pages and the end. */
export const PAGES: Script = ['a', 'b', 'c'].map((id, page) =>
  answerOf(
    json({
      object: 'list',
      data: page === 2 ? [] : [{ id: `${id}1` }, { id: `${id}2` }],
      has_more: page < 2,
      last_id: `${id}2`,
    }),
  ),
);

export const FILE: Body = json({ id: 'file_1', object: 'file', bytes: 9, filename: 'ä.jsonl' });

/** Bytes that are no text. */
export const AUDIO: Body = {
  type: 'audio/mpeg',
  pieces: [0, 1, 2].map((i) => piece(Buffer.from(new Uint8Array(700).map((_, j) => j * 7 + i)))),
};

export const TRANSCRIPTS: Record<string, Body> = {
  JSON: json({ text: 'Grüße', usage: { type: 'duration', seconds: 1 } }),
  text: { type: 'text/plain', pieces: [piece('Grüße')] },
};

export const STREAMED_TRANSCRIPT: Body = stream(
  piece('data: {"type":"transcript.text.delta","delta":"Grü"}\n\n'),
  piece('data: {"type":"transcript.text.delta","delta":"ße"}\n\n'),
  piece('data: {"type":"transcript.text.done","text":"Grüße"}\n\n'),
  piece('data: [DONE]\n\n', 0),
);

export const STREAMED_COMPLETION: Body = stream(
  piece('data: {"id":"c","object":"text_completion","choices":[{"text":"Grü","index":0}]}\n\n'),
  piece('data: {"id":"c","object":"text_completion","choices":[{"text":"ße","index":0}]}\n\n'),
  piece('data: [DONE]\n\n', 0),
);
