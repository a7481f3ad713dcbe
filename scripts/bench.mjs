// `npm run bench`: from a fresh clone to the benchmarks, on any supported Node.
import { prepareAndBuild } from './prepare.mjs';
import { become } from './shell.mjs';

await prepareAndBuild();
become('bench/run.mjs', process.argv.slice(2));
