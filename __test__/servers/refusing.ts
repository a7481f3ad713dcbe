import { httpServer } from './http.js';

/** An origin on this machine where nobody listens any more: that of {@link refusingPort}. */
export async function refusingOrigin(): Promise<string> {
  return `http://127.0.0.1:${await refusingPort()}`;
}

/** A port of 127.0.0.1 where nobody listens any more. */
export async function refusingPort(): Promise<number> {
  await using server = await httpServer(() => {});
  return server.port;
}
