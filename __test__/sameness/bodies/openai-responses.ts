import { type Body, json, type Piece, piece, stream } from '../script.js';

let sequence = 0;

function event(type: string, more: object): Piece {
  sequence += 1;
  const data = JSON.stringify({ type, sequence_number: sequence, ...more });
  return piece(`event: ${type}\ndata: ${data}\n\n`);
}

const response = (status: string, more: object = {}) => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  status,
  error: null,
  incomplete_details: null,
  instructions: null,
  model: 'm',
  output: [] as object[],
  parallel_tool_calls: true,
  tools: [],
  usage: null,
  ...more,
});

const begin = (): Piece[] => [
  event('response.created', { response: response('in_progress') }),
  event('response.in_progress', { response: response('in_progress') }),
];

const place = { item_id: 'item_1', output_index: 0, content_index: 0 };

function item(item: object, done: object, ...within: Piece[]): Piece[] {
  return [
    event('response.output_item.added', { output_index: 0, item: { id: 'item_1', ...item } }),
    ...within,
    event('response.output_item.done', { output_index: 0, item: { id: 'item_1', ...done } }),
  ];
}

const message = (content: object[], status = 'completed') => ({
  type: 'message',
  role: 'assistant',
  status,
  content,
});

const text = (text: string) => ({ type: 'output_text', text, annotations: [] });

const WORDS = ['Grüße, ', '世界 😀', '\n"\\'];

function said(): Piece[] {
  const whole = text(WORDS.join(''));
  return item(
    message([], 'in_progress'),
    message([whole]),
    event('response.content_part.added', { ...place, part: text('') }),
    ...WORDS.map((delta) => event('response.output_text.delta', { ...place, delta, logprobs: [] })),
    event('response.output_text.done', { ...place, text: whole.text, logprobs: [] }),
    event('response.content_part.done', { ...place, part: whole }),
  );
}

const USAGE = {
  input_tokens: 3,
  output_tokens: 5,
  total_tokens: 8,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens_details: { reasoning_tokens: 2 },
};

const end = (...output: object[]): Piece =>
  event('response.completed', { response: response('completed', { output, usage: USAGE }) });

const call = {
  type: 'function_call',
  call_id: 'call_1',
  name: 'weather',
  arguments: '',
  status: 'in_progress',
};
const args = ['{"city": "Kö', 'ln"}'];
const called = { ...call, arguments: args.join(''), status: 'completed' };

const calls = (): Piece[] =>
  item(
    call,
    called,
    ...args.map((delta) => event('response.function_call_arguments.delta', { ...place, delta })),
    event('response.function_call_arguments.done', { ...place, arguments: called.arguments }),
  );

const summary = { item_id: 'item_1', output_index: 0, summary_index: 0 };

const reasoning = (): Piece[] =>
  item(
    { type: 'reasoning', summary: [] },
    { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm…' }] },
    event('response.reasoning_summary_part.added', {
      ...summary,
      part: { type: 'summary_text', text: '' },
    }),
    event('response.reasoning_summary_text.delta', { ...summary, delta: 'Hm…' }),
    event('response.reasoning_summary_text.done', { ...summary, text: 'Hm…' }),
  );

const refusal = (): Piece[] =>
  item(
    message([], 'in_progress'),
    message([{ type: 'refusal', refusal: 'no' }]),
    event('response.content_part.added', { ...place, part: { type: 'refusal', refusal: '' } }),
    event('response.refusal.delta', { ...place, delta: 'no' }),
    event('response.refusal.done', { ...place, refusal: 'no' }),
  );

/** The one that transports are tried with. */
export const RESPONSE = stream(...begin(), ...said(), end(message([text(WORDS.join(''))])));

/** What servers stream to whoever asks for a response. */
export const RESPONSES: Record<string, Body> = {
  text: RESPONSE,
  'a function call': stream(...begin(), ...calls(), end(called)),
  'several function calls': stream(...begin(), ...calls(), ...calls(), end(called, called)),
  reasoning: stream(...begin(), ...reasoning(), end()),
  'a refusal': stream(...begin(), ...refusal(), end()),
  'an error in the middle': stream(
    ...begin(),
    event('error', { code: 'server_error', message: 'überlastet', param: null }),
  ),
  'an error of an object': stream(
    ...begin(),
    event('error', { error: { type: 'invalid_request_error', message: 'no', code: 'c' } }),
    end(),
  ),
  'a failure': stream(
    ...begin(),
    event('response.failed', {
      response: response('failed', { error: { code: 'server_error', message: 'no' } }),
    }),
  ),
  'no end for its length': stream(
    ...begin(),
    ...said(),
    event('response.incomplete', {
      response: response('incomplete', { incomplete_details: { reason: 'max_output_tokens' } }),
    }),
  ),
  'no end': stream(...begin(), ...said()),
  'events that nobody knows': stream(...begin(), event('response.new_kind', { a: 1 }), end()),
};

/** A whole response. */
export const WHOLE_RESPONSE = json(
  response('completed', {
    output: [
      { id: 'item_1', ...message([text('Grüße, 世界 😀')]) },
      { id: 'item_2', ...called },
    ],
    usage: USAGE,
  }),
);
