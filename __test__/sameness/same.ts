import { inspect } from 'node:util';
import { expect } from 'vitest';
import { essence, isFromNode } from './differences.js';
import type { Script } from './script.js';
import { type Circumstances, type Sdk, type Trace, traces, type Way } from './trace.js';

/** Has an SDK do the same with and without the engine, and expects the same of both; answers what that was. */
export async function expectSame<Client extends object>(
  sdk: Sdk<Client>,
  way: Way<Client>,
  script: Script,
  circumstances: Circumstances = {},
): Promise<Trace> {
  const [plain, onEngine] = await traces(sdk, way, script, circumstances);
  // Otherwise it would be no wonder that they are the same.
  expect(plain.requests.map(isFromNode), inspect(plain)).not.toContain(false);
  expect(plain.requests, inspect(plain)).not.toEqual([]);
  expect(onEngine.requests.map(isFromNode)).not.toContain(true);
  expect(essence(onEngine)).toStrictEqual(essence(plain));
  return plain;
}
