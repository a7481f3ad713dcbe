// What `npm run bench` can be asked for. Loaded before anything is built: it imports no package.
import { readOptions } from './harness/options.mjs';

/** The benchmarks in the order in which they run, and their titles. Each is `NAME/case.mjs`. */
export const BENCHMARKS = {
  requests: 'Requests: 1 KB up, 600 B down',
  http2: 'HTTP/2: many POSTs on one connection',
  tls: 'TLS handshakes',
  threads: 'Worker threads',
  sdk: 'The OpenAI SDK',
  stream: 'Streams of tokens',
  gateway: 'Gateways',
  pool: 'Pool operations',
  warmth: 'Warm connections',
  outages: 'Outages',
  waiting: 'Waiting for a rate limit',
  policies: 'Policies',
  metrics: 'Metrics',
  scaling: 'Scaling',
  memory: 'Memory',
  soak: 'Soak',
};

const NAMES = Object.keys(BENCHMARKS).join(', ');

/** @param {readonly string[]} args of the command line */
export const readBenchOptions = (args) =>
  readOptions(args, {
    help: `npm run bench -- [options]
  --only NAME   one of ${NAMES}
  --smoke       everything once and briefly, to see that it works; writes no results
  --json        the results as JSON on standard output, and nothing else there`,
    options: {
      only: { type: 'string' },
      smoke: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
    refuse: ({ only }) =>
      only === undefined || Object.hasOwn(BENCHMARKS, only)
        ? undefined
        : `There is no benchmark '${only}': --only takes one of ${NAMES}.`,
  });
