/**
 * Patches what an application loads, without a change to it: `node --import warmline/auto app.js`, or
 * `require('warmline/auto')` at any time. `import 'warmline/auto'` works, too; but what the same module
 * imports has been loaded by then, so that of these SDKs only the transport is patched, by way of
 * `globalThis.fetch`.
 *
 * It patches `globalThis.fetch`, the classes of `openai`, `@anthropic-ai/sdk` and `groq-sdk`, `axios`, and the
 * global dispatcher of `undici`, loaded already or later, by `import` and by `require`. The environment has the
 * switches: `WARMLINE_DISABLE=1` patches nothing, `WARMLINE_PATCH=openai,anthropic` these alone (`fetch` is the
 * global one), `WARMLINE_ROLLOUT=10` ten percent of what could be patched, and of a class's clients, each
 * drawn once, and `WARMLINE_DEBUG=1` says on standard error what happens.
 *
 * @packageDocumentation
 */

import { start } from './auto/start.js';

start();
