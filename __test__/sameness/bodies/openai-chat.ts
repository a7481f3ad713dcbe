import { type Body, json, type Piece, piece, stream } from '../script.js';

type Delta = Record<string, unknown>;

/** An event of a streamed chat completion. */
function event(choices: readonly object[], more: object = {}): Piece {
  const chunk = { id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm', choices };
  return piece(`data: ${JSON.stringify({ ...chunk, ...more })}\n\n`);
}

const delta = (delta: Delta, finish_reason: string | null = null, index = 0): Piece =>
  event([{ index, delta, finish_reason, logprobs: null }]);

const DONE = piece('data: [DONE]\n\n', 0);

const said = (...deltas: Delta[]): Piece[] => [
  delta({ role: 'assistant', content: '' }),
  ...deltas.map((each) => delta(each)),
];

const call = (index: number, name: string, ...args: string[]): Delta[] => [
  {
    tool_calls: [
      { index, id: `call_${index}`, type: 'function', function: { name, arguments: '' } },
    ],
  },
  ...args.map((text) => ({ tool_calls: [{ index, function: { arguments: text } }] })),
];

const end = (reason = 'stop'): Piece[] => [delta({}, reason), DONE];

const words = said({ content: 'Grüße, ' }, { content: '世界 😀' }, { content: '\n"\\' });

const USAGE = {
  prompt_tokens: 3,
  completion_tokens: 5,
  total_tokens: 8,
  prompt_tokens_details: { cached_tokens: 2 },
};

/** The one that transports are tried with. */
export const CHAT = stream(...words, ...end());

const error = (text: string) => piece(text, 0);

/** What servers stream to whoever asks for a chat completion. */
export const CHATS: Record<string, Body> = {
  text: CHAT,
  'a tool call': stream(
    ...said(...call(0, 'weather', '{"city": "Kö', 'ln"}')),
    ...end('tool_calls'),
  ),
  'parallel tool calls': stream(
    ...said(
      ...call(0, 'weather', '{"city":', '"Köln"}'),
      ...call(1, 'time', '{"zone"', ':"CET"}'),
      {
        tool_calls: [
          { index: 0, function: { arguments: '' } },
          { index: 1, function: { arguments: '' } },
        ],
      },
    ),
    ...end('tool_calls'),
  ),
  'a function call of old': stream(
    ...said(
      { function_call: { name: 'weather', arguments: '' } },
      { function_call: { arguments: '{"a":1}' } },
    ),
    ...end('function_call'),
  ),
  reasoning: stream(
    ...said({ reasoning_content: 'Hm' }, { reasoning: '…', content: null }, { content: 'Ja' }),
    ...end(),
  ),
  'a refusal': stream(...said({ refusal: 'I can' }, { refusal: 'not' }), ...end()),
  'several choices': stream(
    delta({ role: 'assistant', content: '' }, null, 1),
    delta({ role: 'assistant', content: 'a' }, null, 0),
    delta({ content: 'b' }, null, 1),
    delta({}, 'stop', 1),
    delta({}, 'length', 0),
    DONE,
  ),
  'logarithms of probabilities': stream(
    event([
      {
        index: 0,
        delta: { role: 'assistant', content: 'a' },
        finish_reason: null,
        logprobs: {
          content: [{ token: 'a', logprob: -0.1, bytes: [97], top_logprobs: [] }],
          refusal: null,
        },
      },
    ]),
    ...end(),
  ),
  'usage at the end': stream(...words, delta({}, 'stop'), event([], { usage: USAGE }), DONE),
  'cut for length': stream(...words, ...end('length')),
  'an error in the middle': stream(
    ...words,
    error(
      'data: {"error":{"message":"überlastet","type":"server_error","param":null,"code":"x"}}\n\n',
    ),
    ...end(),
  ),
  'an error event': stream(...words, error('event: error\ndata: {"error":{"message":"bad"}}\n\n')),
  'no [DONE]': stream(...words, delta({}, 'stop')),
  'no end at all': stream(...words),
  'content after [DONE]': stream(...words, ...end(), piece('data: {"late":1}\n\n', 0), ...words),
  'only [DONE]': stream(DONE),
  nothing: stream(piece('', 0)),
  'empty data': stream(...words, piece('data:\n\n', 0), ...end()),
  'comments and pings': stream(
    piece(': OPENROUTER PROCESSING\n\n', 0),
    ...words,
    piece(':\n\n: ping\n\n', 0),
    ...end(),
  ),
  'text that is no JSON': stream(...words, piece('data: {"broken"\n\n', 0), ...end()),
  'a byte order mark': stream(piece('\ufeff', 0), ...words, ...end()),
  'CR LF': withLines('\r\n'),
  CR: withLines('\r'),
  'all ends of lines': mixedLines(),
};

/** More than any buffer on the way holds. */
export const HUGE_CHATS: Record<string, Body> = {
  'an event of 5 MB': stream(...said({ content: 'é'.repeat(2_500_000) }), ...end()),
};

function withLines(ending: string): Body {
  const pieces = CHAT.pieces.map(({ bytes, values }) =>
    piece(Buffer.from(bytes).toString().replaceAll('\n', ending), values),
  );
  return stream(...pieces);
}

function mixedLines(): Body {
  const endings = ['\n\r\n', '\r\n\n', '\r\r', '\r\n\r\n', '\n\r'];
  const pieces = CHAT.pieces.map(({ bytes, values }, i) =>
    piece(
      Buffer.from(bytes)
        .toString()
        .replace('\n\n', endings[i % endings.length] as string),
      values,
    ),
  );
  return stream(...pieces);
}

const message = (more: object) => ({ role: 'assistant', content: null, refusal: null, ...more });

const completion = (message: object, finish_reason = 'stop') => ({
  id: 'c1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message, finish_reason, logprobs: null }],
  usage: USAGE,
});

/** A whole chat completion. */
export const WHOLE_CHAT = json(completion(message({ content: 'Grüße, 世界 😀' })));

/** What servers say at once to whoever asks for a chat completion. */
export const WHOLE_CHATS: Record<string, Body> = {
  text: WHOLE_CHAT,
  'tool calls': json(
    completion(
      message({
        tool_calls: [0, 1].map((i) => ({
          id: `call_${i}`,
          type: 'function',
          function: { name: 'weather', arguments: '{"city":"Köln"}' },
        })),
      }),
      'tool_calls',
    ),
  ),
  'a refusal': json(completion(message({ refusal: 'no' }))),
  'a long one': json(completion(message({ content: 'é'.repeat(300_000) }))),
  'no object': json([1, 2]),
  'the word null': json(null),
  'no JSON': { type: 'application/json', pieces: [piece('{"broken"', 0)] },
  nothing: { type: 'application/json', pieces: [piece('', 0)] },
  'bytes that are no UTF-8': {
    type: 'application/json',
    pieces: [
      piece(
        Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xf0]), Buffer.from('"}')]),
        0,
      ),
    ],
  },
  'a byte order mark': { type: 'application/json', pieces: [piece('\ufeff{"a":1}', 0)] },
  text_as_such: { type: 'text/plain', pieces: [piece('{"a":1}', 0)] },
};
