import { CHAT, CHATS, HUGE_CHATS, WHOLE_CHAT, WHOLE_CHATS } from './bodies/openai-chat.js';
import { FILE } from './bodies/openai-kinds.js';
import {
  COHERE,
  COHERE_EMBEDDINGS,
  COHERES,
  GOOGLE,
  GOOGLE_EMBEDDINGS,
  GOOGLE_ERROR,
  GOOGLES,
  OLLAMA,
  OLLAMAS as OLLAMA_BODIES,
  WHOLE_COHERE,
  WHOLE_GOOGLE,
  WHOLE_OLLAMA,
} from './bodies/others.js';
import {
  cohere,
  cohere7,
  cohereChat,
  cohereEmbed,
  cohereStreamed,
  google,
  google2,
  googleEmbed,
  googleGenerate,
  googleStreamed,
  groq,
  groqChat,
  groqStreamed,
  groqUpload,
  mistral,
  mistral1,
  mistralChat,
  mistralStreamed,
  OLLAMAS,
  ollama,
  ollamaStreamed,
} from './drivers/others.js';
import { each, givesTheSame, stopsTheSame, survivesTheSame, triesAgainTheSame } from './suites.js';
import { paced } from './transports.js';

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

for (const sdk of [cohere, cohere7]) {
  givesTheSame(sdk, [cohereStreamed], COHERES);
  survivesTheSame(sdk, [cohereStreamed], COHERE);
  stopsTheSame(sdk, [cohereStreamed], COHERE);
  survivesTheSame(sdk, [cohereChat], WHOLE_COHERE);
  triesAgainTheSame(sdk, [cohereChat], WHOLE_COHERE);
  survivesTheSame(sdk, [cohereEmbed], COHERE_EMBEDDINGS);
}

for (const sdk of [google, google2]) {
  givesTheSame(sdk, [googleStreamed], GOOGLES);
  each(`${sdk.name}, answered with`, sdk, googleStreamed, { 'an error': paced(GOOGLE_ERROR) });
  survivesTheSame(sdk, [googleStreamed], GOOGLE);
  stopsTheSame(sdk, [googleStreamed], GOOGLE, { by: ['abort'], from: 0 });
  survivesTheSame(sdk, [googleGenerate], WHOLE_GOOGLE);
  givesTheSame(sdk, [googleEmbed], { embeddings: GOOGLE_EMBEDDINGS });
}

for (const sdk of [mistral, mistral1]) {
  givesTheSame(sdk, [mistralStreamed], { ...CHATS, ...HUGE_CHATS });
  stopsTheSame(sdk, [mistralStreamed], CHAT);
  givesTheSame(sdk, [mistralChat], { text: WHOLE_CHAT });
}
// An error or a whole answer that breaks off leaves a rejection in version 1 that nobody can catch.
survivesTheSame(mistral, [mistralStreamed], CHAT);
survivesTheSame(mistral, [mistralChat], WHOLE_CHAT);
