import { fetch as warmlineFetch } from 'warmline';

/** The standard's `fetch`, as every implementation here must behave. */
export type Fetch = typeof globalThis.fetch;

/** What the standard takes as a body. */
export type BodyInit = NonNullable<RequestInit['body']>;

/** What the standard takes as headers. */
export type HeadersInit = NonNullable<RequestInit['headers']>;

/** One implementation of `fetch` under test. */
export interface Implementation {
  readonly name: 'built-in' | 'warmline';
  readonly fetch: Fetch;
}

/**
 * Node's own fetch beside warmline's. Every expectation of a suite over both is thereby shown to be the platform's
 * behaviour and not only ours; where warmline says more than the platform does, a suite of its own tests that.
 */
export const implementations: readonly Implementation[] = [
  { name: 'built-in', fetch: globalThis.fetch },
  { name: 'warmline', fetch: warmlineFetch },
];

/**
 * Most connections that requests one after another need: Node's own fetch can be asked for the next request before it has
 * handed the last one's connection back.
 */
export const HANDED_BACK_LATE = 2;

/** The error with which a promise rejects. Fails if it fulfils. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`expected a rejection, but it fulfilled with ${String(value)}`);
}

/** The `TypeError` with which a promise rejects. Fails if it fulfils or rejects with anything else. */
export async function typeError(promise: Promise<unknown>): Promise<TypeError> {
  const error = await rejection(promise);
  if (error instanceof TypeError) return error;
  throw new Error(`expected a TypeError, but it rejected with ${String(error)}`, { cause: error });
}
