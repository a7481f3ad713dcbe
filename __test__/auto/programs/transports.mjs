import axios from 'axios';
import * as undici from 'undici';
import { getPatchStatus } from 'warmline';

const [origin] = process.argv.slice(2);
const agentOf = ({ headers }) => new Headers(headers).get('user-agent');
const { data } = await axios.get(`${origin}/echo`);
const { body } = await undici.request(`${origin}/echo`);
console.log(
  JSON.stringify({
    agents: [agentOf(data), agentOf(await body.json())],
    patched: getPatchStatus().patched.map(({ name, statistics }) => [name, statistics.calls]),
  }),
);
