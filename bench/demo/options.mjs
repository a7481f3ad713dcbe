// What `npm run demo` can be asked for. Loaded before anything is built: it imports no package.
import { readOptions } from '../harness/options.mjs';

/** @param {readonly string[]} args of the command line */
export const readDemoOptions = (args) =>
  readOptions(args, {
    help: `npm run demo -- [options]
  --short   a second for each measurement instead of five
  --json    the results as JSON on standard output, and nothing else there
  --real    a handful of requests to a real provider instead: OPENAI_API_KEY is its key,
            OPENAI_BASE_URL its address (without it, OpenAI's own) and OPENAI_MODEL the model
            (without it, gpt-4o-mini)`,
    options: {
      short: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      real: { type: 'boolean', default: false },
    },
    refuse: ({ real }) =>
      real && !process.env.OPENAI_API_KEY
        ? '--real needs OPENAI_API_KEY in the environment.'
        : undefined,
  });
