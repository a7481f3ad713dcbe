import { connect } from 'node:net';
import { createTunnel, HttpClient } from 'warmline';

const base = process.env.OPENAI_BASE_URL ?? 'http://127.0.0.1:8080/v1';
const headers = { authorization: `Bearer ${process.env.OPENAI_API_KEY ?? 'none'}` };

// Whatever it takes to get there: here, a socket that is written about.
const tunnel = await createTunnel((host, port) => {
  console.log(`a connection to ${host}:${port}`);
  return connect({ host, port, noDelay: true });
});
// Which of them are kept, for how long, and what is done with those that have died is the pool's business.
const client = new HttpClient({ proxy: tunnel.proxy, keepaliveExpiry: 30_000 });
for (let number = 0; number < 3; number++) {
  const { status, connection } = await client.request('GET', `${base}/models`, { headers });
  console.log(status, connection.reused ? 'on the one that is there' : 'on a new one');
}
await client.close();
await tunnel.close();
