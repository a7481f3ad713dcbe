/**
 * Patches what an application loads, without a change to it: `node --import warmline/auto app.js`, or
 * `import 'warmline/auto'` before everything else.
 *
 * It patches `globalThis.fetch` and the classes of `openai`, `@anthropic-ai/sdk` and `groq-sdk`, loaded
 * already or later, by `import` and by `require`. The environment has the switches: `WARMLINE_DISABLE=1`
 * patches nothing, `WARMLINE_PATCH=openai,anthropic` these alone (`fetch` is the global one),
 * `WARMLINE_ROLLOUT=10` ten percent of what could be patched, drawn anew in each process, and
 * `WARMLINE_DEBUG=1` says on standard error what happens.
 *
 * @packageDocumentation
 */

import { start } from './auto/start.js';

start();
