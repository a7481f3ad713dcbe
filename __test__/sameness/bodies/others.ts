import { type Body, json, type Piece, piece, stream } from '../script.js';

const WORDS = ['Grüße, ', '世界 😀', '\n"\\'];

const line = (value: object): Piece => piece(`${JSON.stringify(value)}\n`);

const said = (content: string, done: boolean, more: object = {}): object => ({
  model: 'm',
  created_at: '2026-01-01T00:00:00Z',
  message: { role: 'assistant', content, ...more },
  done,
});

/** The lines of Ollama. */
export const OLLAMA: Body = {
  type: 'application/x-ndjson',
  pieces: [
    ...WORDS.map((word) => line(said(word, false))),
    line({ ...said('', true), done_reason: 'stop', eval_count: 5 }),
  ],
};

export const OLLAMAS: Record<string, Body> = {
  text: OLLAMA,
  thinking: { ...OLLAMA, pieces: [line(said('', false, { thinking: 'Hm' })), ...OLLAMA.pieces] },
  'a tool call': {
    ...OLLAMA,
    pieces: [
      line(said('', false, { tool_calls: [{ function: { name: 'w', arguments: { a: 1 } } }] })),
      ...OLLAMA.pieces,
    ],
  },
  'an error in the middle': {
    ...OLLAMA,
    pieces: [...OLLAMA.pieces.slice(0, 2), piece('{"error":"überlastet"}\n', 0)],
  },
  'no end': { ...OLLAMA, pieces: OLLAMA.pieces.slice(0, 2) },
  'lines that are no JSON': { ...OLLAMA, pieces: [piece('{"broken"\n', 0), ...OLLAMA.pieces] },
  'no last line feed': {
    ...OLLAMA,
    pieces: OLLAMA.pieces.map(({ bytes, values }, i) =>
      i === 3 ? piece(bytes.subarray(0, -1), values) : piece(bytes, values),
    ),
  },
  nothing: { ...OLLAMA, pieces: [piece('', 0)] },
};

export const WHOLE_OLLAMA = json(said('Grüße', true));

const cohere = (type: string, more: object = {}): Piece =>
  piece(`event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`);

const cohereText = (text: string): Piece =>
  cohere('content-delta', { index: 0, delta: { message: { content: { text } } } });

/** The events of Cohere. */
export const COHERE: Body = stream(
  cohere('message-start', { id: '1', delta: { message: { role: 'assistant', content: [] } } }),
  cohere('content-start', {
    index: 0,
    delta: { message: { content: { type: 'text', text: '' } } },
  }),
  ...WORDS.map(cohereText),
  cohere('content-end', { index: 0 }),
  cohere('message-end', { id: '1', delta: { finish_reason: 'COMPLETE' } }),
  piece('data: [DONE]\n\n', 0),
);

export const COHERES: Record<string, Body> = {
  text: COHERE,
  'a tool call': stream(
    cohere('message-start', { id: '1', delta: { message: { role: 'assistant', content: [] } } }),
    cohere('tool-call-start', {
      index: 0,
      delta: {
        message: {
          tool_calls: { id: 'c', type: 'function', function: { name: 'w', arguments: '' } },
        },
      },
    }),
    cohere('tool-call-delta', {
      index: 0,
      delta: { message: { tool_calls: { function: { arguments: '{"a":1}' } } } },
    }),
    cohere('tool-call-end', { index: 0 }),
    cohere('message-end', { id: '1', delta: { finish_reason: 'TOOL_CALL' } }),
  ),
  'data that is no JSON': stream(piece('event: content-delta\ndata: {"broken"\n\n', 0)),
  'no end': stream(...COHERE.pieces.slice(0, 3)),
  nothing: stream(piece('', 0)),
};

export const WHOLE_COHERE = json({
  id: '1',
  finish_reason: 'COMPLETE',
  message: { role: 'assistant', content: [{ type: 'text', text: 'Grüße' }] },
});

export const COHERE_EMBEDDINGS = json({
  id: '1',
  response_type: 'embeddings_by_type',
  embeddings: { float: [[0.5, -1]] },
  texts: ['é'],
});

const parts = (more: object, ...parts: object[]): object => ({
  candidates: [{ content: { role: 'model', parts }, index: 0, ...more }],
});

const google = (value: object): Piece => piece(`data: ${JSON.stringify(value)}\r\n\r\n`);

/** The events of Google, which end their lines with CR LF. */
export const GOOGLE: Body = stream(
  ...WORDS.map((text) => google(parts({}, { text }))),
  google({
    ...parts({ finishReason: 'STOP' }, { text: '' }),
    usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 5, totalTokenCount: 8 },
  }),
);

export const GOOGLES: Record<string, Body> = {
  text: GOOGLE,
  thinking: stream(google(parts({}, { text: 'Hm', thought: true })), ...GOOGLE.pieces),
  'parallel function calls': stream(
    google(
      parts(
        { finishReason: 'STOP' },
        ...[1, 2].map((a) => ({ functionCall: { name: 'w', args: { a } } })),
      ),
    ),
  ),
  'a blocked prompt': stream(google({ promptFeedback: { blockReason: 'SAFETY' } })),
  'an error event': stream(
    ...GOOGLE.pieces.slice(0, 2),
    google({ error: { code: 429, message: 'no', status: 'RESOURCE_EXHAUSTED' } }),
  ),
  'data that is no JSON': stream(piece('data: {"broken"\r\n\r\n', 0)),
  'no end': stream(...GOOGLE.pieces.slice(0, 2)),
  'half an event': stream(...GOOGLE.pieces.slice(0, 2), piece('data: {"cand', 0)),
  nothing: stream(piece('', 0)),
};

/** An error that is no event: the client sees it only if it does not come in one read with another piece. */
export const GOOGLE_ERROR = stream(
  ...GOOGLE.pieces.slice(0, 2),
  piece('{"error":{"code":503,"message":"überlastet","status":"UNAVAILABLE"}}', 0),
);

export const WHOLE_GOOGLE = json(parts({ finishReason: 'STOP' }, { text: 'Grüße' }));

export const GOOGLE_EMBEDDINGS = json({ embeddings: [{ values: [0.5, -1] }] });
