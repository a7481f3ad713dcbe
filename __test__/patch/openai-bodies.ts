import type { Body } from './differential.js';

export const chunk = (content: string, more: object = {}) =>
  `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { content } }], ...more })}\n\n`;

/** Bodies as servers send them, or should not. */
export const BODIES: Record<string, Body> = {
  'a usual one': `${chunk('a')}${chunk('é😀')}data: [DONE]\n\n`,
  'carriage returns': `${chunk('a')}${chunk('b')}data: [DONE]\n\n`.replaceAll('\n', '\r\n'),
  'no [DONE]': `${chunk('a')}${chunk('b')}`,
  'no blank line at the end': `${chunk('a')}data: {"last":1}`,
  'content after [DONE]': `${chunk('a')}data: [DONE]\n\n${chunk('b')}`,
  'an error in the middle': `${chunk('a')}data: {"error":{"message":"bad","code":"x"}}\n\n${chunk('b')}`,
  'an error event': `${chunk('a')}event: error\ndata: {"error":{"message":"bad"}}\n\n`,
  'an error event without an error': `event: error\ndata: {"message":"bad"}\n\n`,
  'thread events': 'event: thread.created\ndata: {"id":"t"}\n\nevent: thread.run\ndata: [1]\n\n',
  'named events': 'event: response.created\ndata: {"type":"response.created"}\n\n',
  comments: `: hi\n\n${chunk('a')}: there\n\n`,
  'data that is no object': 'data: 1\n\ndata: "text"\n\ndata: null\n\ndata: [1,2]\n\n',
  'data over two lines': 'data: {"a":\ndata: 1}\n\n',
  'text that is no JSON': `${chunk('a')}data: {"broken"\n\n${chunk('b')}`,
  'an object that is no JSON': `${chunk('a')}data: {"broken":}\n\n${chunk('b')}`,
  'two wrongs': `data: {"a":1},{"b":2}\n\ndata: [{"c"\n\ndata: :3}]\n\n`,
  'a list and its end': 'data: [1\n\ndata: 2]\n\n',
  'two values': 'data: {"a":1} {"b":2}\n\n',
  'an error in a thread': 'event: thread.run\ndata: {"error":{"message":"bad"}}\n\n',
  'a thread event that is no JSON': 'event: thread.run\ndata: {"broken"\n\n',
  'an error event that is null': 'event: error\ndata: null\n\n',
  'an error of null': 'data: {"error":null}\n\ndata: {"error":""}\n\n',
  'transcript events': 'event: transcript.text.delta\ndata: {"delta":"a"}\n\n',
  'more than [DONE]': `${chunk('a')}data: [DONE] \n\ndata: no JSON\n\n`,
  'only [DONE]': 'data: [DONE]\n\n',
  'a carriage return at the end': `${chunk('a')}data: {"b":1}\n\r`,
  'an unfinished line': `${chunk('a')}event: a\ndata: {"b":1}\n`,
  'an empty body': '',
  'empty data': 'data:\n\n',
  'a name without data': 'event: ping\n\n',
  'an empty name': `event:\n\n${chunk('a')}`,
  'byte order marks': `\u{feff}${chunk('a')}\u{feff}${chunk('b')}`,
  'bytes that are no UTF-8': Buffer.concat([
    Buffer.from('data: {"a":"'),
    Buffer.from([0xff, 0xf0, 0x9f]),
    Buffer.from('"}\n\n'),
  ]),
  'a large event': `data: {"large":"${'x'.repeat(300_000)}"}\n\n`,
  'a name of its own prototype': 'data: {"__proto__":{"a":1},"constructor":2}\n\n',
};
