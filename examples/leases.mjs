import { connectionReady, fetch, healthCheckConnection, SimpleConnectionPool } from 'warmline';

const base = process.env.OPENAI_BASE_URL ?? 'http://127.0.0.1:8080/v1';
const headers = { authorization: `Bearer ${process.env.OPENAI_API_KEY ?? 'none'}` };

const pool = new SimpleConnectionPool();
const id = pool.getConnection(base);
if (id === null) throw new Error('the pool is at its limit');
try {
  console.log(id, await connectionReady(id));
  // Both requests go out on that very connection.
  for (let i = 0; i < 2; i++) {
    const response = await fetch(`${base}/models`, { headers, connection: id });
    console.log(response.status, (await response.json()).data.length, 'models');
  }
  console.log('healthy:', healthCheckConnection(id));
} finally {
  pool.returnConnection(id);
}
console.log(pool.getStats());
