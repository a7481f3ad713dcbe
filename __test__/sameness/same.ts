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
  expect(plain.requests.every(isFromNode) && plain.requests.length > 0).toBe(true);
  expect(onEngine.requests.some(isFromNode)).toBe(false);
  expect(essence(onEngine)).toStrictEqual(essence(plain));
  return plain;
}
