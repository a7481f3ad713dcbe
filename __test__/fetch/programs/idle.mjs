// Leaves a few idle connections behind and comes to its end.
import { implementation } from './implementation.mjs';

const [name, url] = process.argv.slice(2);
const fetch = await implementation(name);
const texts = await Promise.all([1, 2, 3].map(async () => (await fetch(url)).text()));
console.log(texts.join(' '));
