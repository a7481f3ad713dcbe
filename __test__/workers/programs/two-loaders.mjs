// `require` and `import` of one process are one warmline.
import { createRequire } from 'node:module';
import * as imported from 'warmline';

const required = createRequire(import.meta.url)('warmline');
const [origin] = process.argv.slice(2);

const id = await imported.acquireConnection(origin);
const target = {};
Object.defineProperty(target, 'fetch', { value: () => {}, configurable: true });
required.patch(target);
console.log(
  JSON.stringify({
    sameFetch: required.fetch === imported.fetch,
    sameErrors: required.WarmlineError === imported.WarmlineError,
    seen: required.getConnectionPoolStats().activeConnections,
    returned: required.returnConnection(id),
    returnedAgain: imported.returnConnection(id),
    unpatched: imported.unpatch(target),
  }),
);
