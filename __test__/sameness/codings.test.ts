import { expect, it } from 'vitest';
import { MESSAGE, WHOLE_MESSAGE } from './bodies/anthropic.js';
import { CHAT, WHOLE_CHAT } from './bodies/openai-chat.js';
import { GOOGLE, OLLAMA } from './bodies/others.js';
import { codingsOf, flushed, truncated } from './codings.js';
import { anthropic, messages, messagesHelper, messagesStreamed } from './drivers/anthropic.js';
import { chat, chatHelper, chatStreamed, openai, openai4 } from './drivers/openai.js';
import {
  google,
  googleStreamed,
  groq,
  groqStreamed,
  ollama,
  ollamaStreamed,
} from './drivers/others.js';
import { answerOf } from './script.js';
import { givesTheSame, stopsTheSame } from './suites.js';
import { traces } from './trace.js';

givesTheSame(openai, [chatStreamed, chatHelper], codingsOf(CHAT));
givesTheSame(openai4, [chatStreamed], codingsOf(CHAT));
givesTheSame(openai, [chat], codingsOf(WHOLE_CHAT));
stopsTheSame(openai, [chatStreamed, chatHelper], flushed(CHAT));

givesTheSame(anthropic, [messagesStreamed, messagesHelper], codingsOf(MESSAGE));
givesTheSame(anthropic, [messages], codingsOf(WHOLE_MESSAGE));
stopsTheSame(anthropic, [messagesStreamed], flushed(MESSAGE));

givesTheSame(groq, [groqStreamed], codingsOf(CHAT));
stopsTheSame(groq, [groqStreamed], flushed(CHAT));
givesTheSame(google, [googleStreamed], codingsOf(GOOGLE));
givesTheSame(ollama, [ollamaStreamed], codingsOf(OLLAMA));

it('what is cut off inside its coding is an error here, and whole to built-in fetch', async () => {
  const [plain, onEngine] = await traces(openai, chatStreamed, [answerOf(truncated(CHAT))]);
  const code = 'WARMLINE_DECOMPRESSION_TRUNCATED';
  expect(onEngine.error).toMatchObject({ message: 'terminated', cause: { code } });
  expect(plain.error).not.toMatchObject({ message: 'terminated' });
  expect(onEngine.requests).toHaveLength(1);
});
