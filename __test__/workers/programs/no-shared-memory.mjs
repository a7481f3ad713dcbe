// A runtime that forbids memory of the engine's in JavaScript, as Electron does: leases work by calls alone.
import { createRequire } from 'node:module';

const [origin] = process.argv.slice(2);
const binding = createRequire(import.meta.resolve('warmline'))('../native/binding.cjs');
binding.leaseSpots = () => null;
let calls = 0;
const { leaseGet } = binding;
binding.leaseGet = (...lease) => {
  calls += 1;
  return leaseGet(...lease);
};
const { SimpleConnectionPool } = await import('warmline');
const pool = new SimpleConnectionPool();
pool.returnConnection(await pool.acquireConnection(origin));
const ids = new Set();
for (let i = 0; i < 100; i++) {
  const id = pool.getConnection(origin);
  ids.add(id);
  if (!pool.returnConnection(id) || pool.returnConnection(id)) throw new Error(`${id} ended badly`);
}
const { activeConnections, idleConnections } = pool.getStats();
console.log(JSON.stringify({ ids: ids.size, calls, activeConnections, idleConnections }));
