import { describe, expect, it } from 'vitest';
import { getPatchStatus, patch } from 'warmline';
import { httpServer } from '../servers/http.js';
import {
  type Body,
  cutServer,
  cutsOf,
  described,
  logger,
  read,
  turns,
  twins,
} from './differential.js';

/** A package whose streams are read natively, as the tests know it. */
export interface StreamingPackage<Client extends object> {
  readonly name: string;
  clientOf(origin: string, options?: object): Client;
  /** Asks for a stream; `helper` as the package's own accumulating helper asks. */
  open(client: Client, path: string, helper?: boolean): PromiseLike<AsyncIterable<unknown>>;
  /** By what they show. */
  readonly bodies: Readonly<Record<string, Body>>;
  /** One event of a stream, and the beginning of another. */
  readonly event: string;
  readonly half: string;
  /** A stream of some events, to its end. */
  readonly whole: string;
}

/** Tests what every such package wants: that a patched client reads streams as the unpatched one does. */
export function describeStreamsAlike<Client extends object>(sdk: StreamingPackage<Client>): void {
  const { name, clientOf, open, bodies, event, half, whole } = sdk;

  describe(`a patched ${name} client reads a stream as the unpatched one does`, () => {
    it.each(Object.entries(bodies))('%s', async (_, body) => {
      const bytes = Buffer.from(body as string);
      await using server = await cutServer(bytes);
      const [theirs, mine] = [logger(), logger()];
      const plain = clientOf(server.origin, { ...theirs.options, logLevel: 'error' });
      const patched = patch(clientOf(server.origin, { ...mine.options, logLevel: 'error' }));
      for (const cut of cutsOf(bytes)) {
        const expected = await read(() => open(plain, `/${cut}`));
        expect(await read(() => open(patched, `/${cut}`))).toEqual(expected);
      }
      expect(mine.lines).toEqual(theirs.lines);
      expect(getPatchStatus().patched.at(-1)).toMatchObject({ streams: 'native' });
    });

    it('to the connection that breaks', async () => {
      await using server = await httpServer((_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(event + half, () => response.destroy());
      });
      const [plain, patched] = twins(() => clientOf(server.origin));
      const [expected, got] = [
        await read(() => open(plain, '/')),
        await read(() => open(patched, '/')),
      ];
      expect(got.events).toEqual(expected.events);
      expect(got.error).toMatchObject({ class: 'TypeError', message: 'terminated' });
      expect(expected.error).toMatchObject({ class: 'TypeError', message: 'terminated' });
    });

    it('once only, whichever iterator was made first', async () => {
      await using server = await httpServer((_, response) => response.end(whole));
      const outcomes = twins(() => clientOf(server.origin)).map(async (client) => {
        const stream = await open(client, '/');
        const [first, second] = [stream[Symbol.asyncIterator](), stream[Symbol.asyncIterator]()];
        const begun = await second.next();
        return [begun, await first.next().catch(described), await first.next()];
      });
      expect(await outcomes[1]).toEqual(await outcomes[0]);
    });

    it('and for its helpers no faster than it, when events come at once', async () => {
      await using server = await httpServer((_, response) => response.end(event.repeat(9)));
      const [plain, patched] = twins(() => clientOf(server.origin));
      const expected = await turns(await open(plain, '/', true));
      expect(await turns(await open(patched, '/', true))).toEqual(expected);
      expect(expected).toHaveLength(8);
      const [first = 0] = await turns(await open(patched, '/'));
      expect(first).toBeLessThan(expected[0] as number);
    });
  });
}
