import { BODIES, MESSAGES, message, text } from '../../patch/anthropic-bodies.js';
import { type Body, json, piece, stream } from '../script.js';

/** The one that transports are tried with, event by event. */
export const MESSAGE = stream(
  ...message(text)
    .split(/(?<=\n\n)/)
    .map((event) => piece(event)),
);

/** What servers stream, or should not, to whoever asks for a message. */
export const STREAMED_MESSAGES: Record<string, Body> = Object.fromEntries(
  Object.entries({ ...MESSAGES, ...BODIES }).map(([name, body]) => [name, stream(piece(body))]),
);

const whole = (content: object[], more: object = {}) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content,
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 3, output_tokens: 9 },
  ...more,
});

/** A whole message. */
export const WHOLE_MESSAGE = json(whole([{ type: 'text', text: 'Grüße, 世界 😀' }]));

/** What servers say at once to whoever asks for a message. */
export const WHOLE_MESSAGES: Record<string, Body> = {
  text: WHOLE_MESSAGE,
  'the use of tools': json(
    whole(
      [1, 2].map((id) => ({ type: 'tool_use', id: `toolu_${id}`, name: 'w', input: { a: id } })),
      { stop_reason: 'tool_use' },
    ),
  ),
  thinking: json(whole([{ type: 'thinking', thinking: 'Hm', signature: 'c2ln' }])),
  'no JSON': { type: 'application/json', pieces: [piece('{"broken"')] },
  nothing: { type: 'application/json', pieces: [piece('')] },
};
