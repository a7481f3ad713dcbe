import { CHAT, CHATS, HUGE_CHATS, WHOLE_CHAT, WHOLE_CHATS } from './bodies/openai-chat.js';
import { FILE } from './bodies/openai-kinds.js';
import {
  COHERE,
  COHERE_EMBEDDINGS,
  COHERES,
  GOOGLE,
  GOOGLE_EMBEDDINGS,
  GOOGLES,
  OLLAMA,
  OLLAMAS as OLLAMA_BODIES,
  WHOLE_COHERE,
  WHOLE_GOOGLE,
  WHOLE_OLLAMA,
} from './bodies/others.js';
import {
  cohere,
  cohereChat,
  cohereEmbed,
  cohereStreamed,
  google,
  googleEmbed,
  googleGenerate,
  googleStreamed,
  groq,
  groqChat,
  groqStreamed,
  groqUpload,
  mistral,
  mistralChat,
  mistralStreamed,
  OLLAMAS,
  ollama,
  ollamaStreamed,
} from './drivers/others.js';
import { givesTheSame, stopsTheSame, survivesTheSame, triesAgainTheSame } from './suites.js';

givesTheSame(groq, [groqStreamed], { ...CHATS, ...HUGE_CHATS });
survivesTheSame(groq, [groqStreamed], CHAT);
stopsTheSame(groq, [groqStreamed], CHAT);
triesAgainTheSame(groq, [groqStreamed], CHAT);
givesTheSame(groq, [groqChat], WHOLE_CHATS);
survivesTheSame(groq, [groqChat], WHOLE_CHAT);
givesTheSame(groq, [groqUpload], { 'a file': FILE });

givesTheSame(ollama, [ollamaStreamed], OLLAMA_BODIES);
survivesTheSame(ollama, [ollamaStreamed], OLLAMA);
// These two leave a stream open when its reader leaves it; only an abort ends it, and Ollama's only once it has begun.
stopsTheSame(ollama, [ollamaStreamed], OLLAMA, { by: ['abort'], from: 1 });
survivesTheSame(ollama, OLLAMAS, WHOLE_OLLAMA);

givesTheSame(cohere, [cohereStreamed], COHERES);
survivesTheSame(cohere, [cohereStreamed], COHERE);
stopsTheSame(cohere, [cohereStreamed], COHERE);
survivesTheSame(cohere, [cohereChat], WHOLE_COHERE);
triesAgainTheSame(cohere, [cohereChat], WHOLE_COHERE);
survivesTheSame(cohere, [cohereEmbed], COHERE_EMBEDDINGS);

givesTheSame(google, [googleStreamed], GOOGLES);
survivesTheSame(google, [googleStreamed], GOOGLE);
stopsTheSame(google, [googleStreamed], GOOGLE, { by: ['abort'], from: 0 });
survivesTheSame(google, [googleGenerate], WHOLE_GOOGLE);
givesTheSame(google, [googleEmbed], { embeddings: GOOGLE_EMBEDDINGS });

givesTheSame(mistral, [mistralStreamed], { ...CHATS, ...HUGE_CHATS });
survivesTheSame(mistral, [mistralStreamed], CHAT);
stopsTheSame(mistral, [mistralStreamed], CHAT);
survivesTheSame(mistral, [mistralChat], WHOLE_CHAT);
