// Fetches each URL of its arguments and prints one line of JSON for each, in order.
import { implementation } from './implementation.mjs';

const [name, ...urls] = process.argv.slice(2);
const fetch = await implementation(name);
for (const url of urls) {
  let outcome;
  try {
    outcome = { text: await (await fetch(url)).text() };
  } catch (error) {
    const { code, phase, retryable, bytesSent } = error.cause ?? {};
    outcome = { name: error.name, message: error.message, code, phase, retryable, bytesSent };
  }
  console.log(JSON.stringify(outcome));
}
