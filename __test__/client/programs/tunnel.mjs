// Leaves an idle connection over an open tunnel behind and comes to its end.
import { connect } from 'node:net';
import { createTunnel, HttpClient } from 'warmline';

const [origin] = process.argv.slice(2);
const { proxy } = await createTunnel((host, port) => connect(port, host));
const response = await new HttpClient({ proxy }).request('GET', origin);
console.log(response.text());
