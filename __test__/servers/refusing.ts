import { httpServer } from './http.js';

/** An origin on this machine where nobody listens any more. */
export async function refusingOrigin(): Promise<string> {
  await using server = await httpServer(() => {});
  return server.origin;
}
