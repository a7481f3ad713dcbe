// `npm run demo`: from a fresh clone to the demo, on any supported Node.
import { readDemoOptions } from '../bench/demo/options.mjs';
import { prepareAndBuild } from './prepare.mjs';
import { become } from './shell.mjs';

const args = process.argv.slice(2);
readDemoOptions(args);
await prepareAndBuild();
become('bench/demo/main.mjs', args);
