import { MESSAGE, WHOLE_MESSAGE } from './bodies/anthropic.js';
import { CHAT, WHOLE_CHAT } from './bodies/openai-chat.js';
import { FILE } from './bodies/openai-kinds.js';
import { WHOLE_COHERE, WHOLE_GOOGLE } from './bodies/others.js';
import { anthropic, messages, messagesHelper, messagesStreamed } from './drivers/anthropic.js';
import {
  chat,
  chatHelper,
  chatStreamed,
  openai,
  openai4,
  openai6,
  upload,
} from './drivers/openai.js';
import {
  cohere,
  cohereChat,
  google,
  googleGenerate,
  groq,
  groqStreamed,
  langchainInvoke,
  langchainOpenai,
  mistral,
  mistralChat,
} from './drivers/others.js';
import { waitsTheSame } from './suites.js';

waitsTheSame(openai, [chatStreamed, chatHelper], CHAT);
waitsTheSame(openai, [chat], WHOLE_CHAT);
waitsTheSame(openai, [upload], FILE);
waitsTheSame(openai6, [chatStreamed], CHAT);
waitsTheSame(openai4, [chatStreamed], CHAT);
waitsTheSame(anthropic, [messagesStreamed, messagesHelper], MESSAGE);
waitsTheSame(anthropic, [messages], WHOLE_MESSAGE);
waitsTheSame(groq, [groqStreamed], CHAT);
waitsTheSame(cohere, [cohereChat], WHOLE_COHERE);
waitsTheSame(google, [googleGenerate], WHOLE_GOOGLE);
waitsTheSame(mistral, [mistralChat], WHOLE_CHAT);
waitsTheSame(langchainOpenai, [langchainInvoke], WHOLE_CHAT);
