// What befalls the provider: scripts for the mock (`warmline-provider --help`).

/** One in twenty is a connection that breaks without an answer: nobody knows whether the work was done, and it was. */
const faults = (share) => [
  { share: share * 0.5, knobs: { status: '500' } },
  { share: share * 0.45, knobs: { status: '503' } },
  { share: share * 0.05, knobs: { close: 'before' } },
];

const LATENCY = { 'latency-ms': '50' };
const TOO_MANY = { status: '429', 'retry-after': '1' };
const refuse = (perSecond, knobs) => ({ per_second: perSecond, knobs });

/**
 * @typedef {object} Scenario
 * @property {string} title
 * @property {object[]} phases for requests that come at `rate`
 *
 * @param {number} seconds
 * @param {number} rate requests a second
 * @returns {Record<string, Scenario>}
 */
export function scenarios(seconds, rate) {
  // For as long as the last answer may take.
  const whole = (more) => [{ seconds: 10 * seconds, knobs: LATENCY, ...more }];
  const calm = { knobs: LATENCY, limit: refuse(2 * rate, TOO_MANY) };
  // A quarter of the time trouble.
  const between = (trouble) => [
    { seconds: seconds / 4, ...calm },
    { seconds: seconds / 4, ...trouble },
    ...whole(calm),
  ];
  return {
    five: { title: '5 % of the requests fail', phases: whole({ faults: faults(0.05) }) },
    twenty: { title: '20 % of the requests fail', phases: whole({ faults: faults(0.2) }) },
    storm: {
      title: 'A storm of 429: for a while, a quarter of the requests are allowed',
      phases: between({
        knobs: LATENCY,
        limit: refuse(rate / 4, TOO_MANY),
      }),
    },
    brownOut: {
      title: 'A brown-out: for a while, answers take 1.5 s and half of the requests find room',
      phases: between({
        knobs: { 'latency-ms': '1500' },
        limit: refuse(rate / 2, { status: '503', 'latency-ms': '50' }),
      }),
    },
    down: {
      title: 'Down: for a while, every request is answered 503',
      phases: between({ faults: [{ share: 1, knobs: { status: '503' } }] }),
    },
  };
}
