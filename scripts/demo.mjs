// `npm run demo`: from a fresh clone to the demo, on any supported Node.
import { prepareAndBuild } from './prepare.mjs';
import { become } from './shell.mjs';

await prepareAndBuild();
become('bench/demo/main.mjs', process.argv.slice(2));
