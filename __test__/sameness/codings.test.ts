import { MESSAGE, WHOLE_MESSAGE } from './bodies/anthropic.js';
import { CHAT, WHOLE_CHAT } from './bodies/openai-chat.js';
import { GOOGLE, OLLAMA } from './bodies/others.js';
import { codingsOf, flushed } from './codings.js';
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
import { givesTheSame, stopsTheSame } from './suites.js';

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
