/** What every way to use an SDK is put through. */

import { beforeAll, describe, it } from 'vitest';
import { refusals, retriesTo } from './refusals.js';
import { expectSame } from './same.js';
import { answerOf, type Body, PATIENCE, type Script } from './script.js';
import { type Circumstances, type Sdk, type Stop, traces, type Way } from './trace.js';
import { breaksOf, paced, slowness, stallsOf, transportsOf } from './transports.js';

/** Tests that a way to use an SDK gives the same on the engine with each script. */
export function each<Client extends object>(
  what: string,
  sdk: Sdk<Client>,
  way: Way<Client>,
  scripts: Record<string, Script>,
  circumstances: Circumstances = {},
): void {
  it.concurrent.each(Object.entries(scripts))(`${what}: %s`, async (_, script) => {
    await expectSame(sdk, way, script, circumstances);
  });
}

const scriptsOf = (bodies: Record<string, Body>): Record<string, Script> =>
  Object.fromEntries(Object.entries(bodies).map(([name, body]) => [name, [answerOf(body)]]));

/** Answers with each of these bodies. */
export function givesTheSame<Client extends object>(
  sdk: Sdk<Client>,
  ways: readonly Way<Client>[],
  bodies: Record<string, Body>,
): void {
  describe.each(ways)(`${sdk.name}, $name`, (way) => {
    each('answered with', sdk, way, scriptsOf(bodies));
  });
}

/** Everything that can become of a request and its answer on the way, with this one for the answer. */
export function survivesTheSame<Client extends object>(
  sdk: Sdk<Client>,
  ways: readonly Way<Client>[],
  body: Body,
): void {
  describe.each(ways)(`${sdk.name}, $name`, (way) => {
    each('answered', sdk, way, transportsOf(body));
    each('refused', sdk, way, refusals());
  });
}

/** In which ways a client can stop, and from how many values on. */
export interface Stops {
  readonly by: readonly Stop['by'][];
  readonly from: number;
}

/** Everything about time: an answer in pieces, cut between any two, or the client stopping after any. */
export function stopsTheSame<Client extends object>(
  sdk: Sdk<Client>,
  ways: readonly Way<Client>[],
  body: Body,
  stops: Stops = { by: ['abort', 'break'], from: 0 },
): void {
  describe.each(ways)(`${sdk.name}, $name`, (way) => {
    each('answered', sdk, way, { 'piece by piece': paced(body), ...breaksOf(body) });
    for (const by of stops.by) {
      for (const { values, script } of stallsOf(body)) {
        if (values < stops.from || (by === 'break' && values === 0)) continue;
        each(
          `stopped by ${by}`,
          sdk,
          way,
          { [`after ${values}`]: script },
          { stop: { after: values, by } },
        );
      }
    }
  });
}

/** Requests that are to be sent again, up to three times. */
export function triesAgainTheSame<Client extends object>(
  sdk: Sdk<Client>,
  ways: readonly Way<Client>[],
  body: Body,
): void {
  describe.each(ways)(`${sdk.name}, $name`, (way) => {
    each('tried again', sdk, way, retriesTo([answerOf(body)]), { maxRetries: 2 });
  });
}

/** Answers that come after the client's time-out, or never. */
export function waitsTheSame<Client extends object>(
  sdk: Sdk<Client>,
  ways: readonly Way<Client>[],
  body: Body,
): void {
  describe.each(ways)(`${sdk.name}, $name`, (way) => {
    // What a first use takes is not to be counted.
    beforeAll(() => traces(sdk, way, [answerOf(body)]));

    each('waited for in vain', sdk, way, slowness(body), { timeout: PATIENCE });
  });
}
