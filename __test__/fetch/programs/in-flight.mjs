// Has nothing but one request in flight to stay alive for, and says how far it has come.
import { implementation } from './implementation.mjs';

const [name, url] = process.argv.slice(2);
const fetch = await implementation(name);

// A timer that does not count fires only if something else keeps the process.
const say = (line) => setTimeout(() => console.log(line), 10).unref();

say('waiting for the head');
fetch(url).then(async (response) => {
  say('waiting for the body');
  console.log(await response.text());
});
