import type { Body } from './differential.js';

export const event = (type: string, more: object = {}) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;

const block = (index: number, content_block: object, deltas: object[]) =>
  event('content_block_start', { index, content_block }) +
  deltas.map((delta) => event('content_block_delta', { index, delta })).join('') +
  event('content_block_stop', { index });

export const message = (...blocks: string[]) =>
  event('message_start', {
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 3, output_tokens: 1 },
    },
  }) +
  blocks.join('') +
  event('message_delta', {
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { output_tokens: 9 },
  }) +
  event('message_stop');

export const text = block(0, { type: 'text', text: '' }, [
  { type: 'text_delta', text: 'Grüße, ' },
  { type: 'text_delta', text: '世界 😀' },
]);

export const thinking = block(0, { type: 'thinking', thinking: '', signature: '' }, [
  { type: 'thinking_delta', thinking: 'Hm' },
  { type: 'thinking_delta', thinking: '…' },
  { type: 'signature_delta', signature: 'c2ln' },
]);

export const toolUse = block(1, { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} }, [
  { type: 'input_json_delta', partial_json: '' },
  { type: 'input_json_delta', partial_json: '{"city": "Kö' },
  { type: 'input_json_delta', partial_json: 'ln", "days": [1, 2]}' },
]);

export const overloaded =
  'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"busy"}}\n\n';

/** Bodies that make whole messages. */
export const MESSAGES: Record<string, Body> = {
  text: message(text),
  thinking: message(thinking),
  'the use of a tool': message(text, toolUse),
  pings: message(event('ping'), text, event('ping')),
  'carriage returns and line feeds': message(text).replaceAll('\n', '\r\n'),
  'carriage returns': message(text).replaceAll('\n', '\r'),
  comments: `: hi\n\n${message(`:\n: there\n${text}`)}`,
};

/** Bodies as servers send them, or should not. */
export const BODIES: Record<string, Body> = {
  ...MESSAGES,
  'an error in the middle': `${event('message_start')}${overloaded}${event('message_stop')}`,
  'an error that is text': 'event: error\ndata: busy\n\n',
  'an error that is null': 'event: error\ndata: null\n\n',
  'an error that is a list': 'event: error\ndata: [1]\n\n',
  'an error with details':
    'event: error\ndata: {"error":{"message":"m","details":{"error_code":"c"}}}\n\n',
  'an error without data': 'event: error\n\n',
  'an error without a type': 'event: error\ndata: {"error":"x"}\n\n',
  'an error of no event': `event: a\ndata: {"error":{"message":"bad"}}\n\n`,
  'events that nobody knows': event('new_kind', { a: 1 }) + event('completion', { b: [2] }),
  'events without a name': `data: {"a":1}\n\n${event('a')}data: [DONE]\n\n`,
  'an empty name': `event:\n\ndata: {"a":1}\n\nevent: \ndata: {"a":2}\n\n`,
  'a name without data': `event: a\n\n${event('b')}`,
  'empty data': `event: a\ndata:\n\nevent: a\ndata\n\n${event('b')}`,
  'two empty lines of data': 'event: a\ndata:\ndata:\n\n',
  'a name twice': 'event: a\nevent: ping\ndata: 1\n\nevent: ping\nevent: a\ndata: 2\n\n',
  'data that is no object':
    'event: a\ndata: 1\n\nevent: a\ndata: "text"\n\nevent: a\ndata: null\n\nevent: a\ndata: [1,2]\n\n',
  'data over several lines': 'event: a\ndata: {"a":\ndata: [1,\ndata:2]}\n\n',
  'ids and retries': `id: 1\nretry: 5\nevent: a\ndata: {"a":1}\n\nid\nunknown: x\n\n${event('b')}`,
  'an unfinished last event': `${event('a')}event: b\ndata: {"b":1}`,
  'an unfinished last line': `${event('a')}event: b\ndata: {"b":1}\n`,
  'a carriage return at the end': 'event: b\ndata: {"b":1}\n\r',
  'text that is no JSON': `${event('a')}event: b\ndata: {"broken"\n\n${event('c')}`,
  'an object that is no JSON': `${event('a')}event: b\ndata: {"broken":}\n\n${event('c')}`,
  'two wrongs':
    'event: a\ndata: {"a":1},{"b":2}\n\nevent: a\ndata: [{"c"\n\nevent: a\ndata: :3}]\n\n',
  'two values': 'event: a\ndata: {"a":1} {"b":2}\n\n',
  'an empty body': '',
  'only blank lines': '\n\r\n\r\n\n',
  'an answer that is no stream': '{"type":"message","content":[]}',
  'byte order marks': `\ufeff${event('a')}\ufeff${event('b')}event: c\n\ufeffdata: {"c":"\ufeff"}\n\ufeff\n`,
  'bytes that are no UTF-8': Buffer.concat([
    Buffer.from('event: a\ndata: {"a":"'),
    Buffer.from([0xff, 0xf0, 0x9f]),
    Buffer.from('"}\n\n'),
  ]),
  'a large event': event('a', { large: 'é'.repeat(200_000) }),
  'a name of its own prototype': 'event: a\ndata: {"__proto__":{"a":1},"constructor":2}\n\n',
};
