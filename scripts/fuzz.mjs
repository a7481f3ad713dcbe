// `npm run fuzz`: runs the fuzz targets on ever new inputs.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { again, fuzz, targets } from './fuzzing.mjs';
import { missingForFuzzing, missingTool } from './toolchain.mjs';

const HELP = `npm run fuzz -- [target] [options]
  --seconds N   how long for each target (default: 60)
  --input FILE  the target on this input alone: what a run has left of a failure

The targets: ${targets.join(', ')}; all of them if none is named.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '60' },
    input: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const [target] = positionals;
const seconds = Number(values.seconds);
const isWrong =
  positionals.length > 1 ||
  (target !== undefined && !targets.includes(target)) ||
  !(Number.isInteger(seconds) && seconds > 0) ||
  (values.input !== undefined && target === undefined);

if (values.help) console.log(HELP);
else if (isWrong) {
  console.error(HELP);
  process.exitCode = 2;
} else {
  const missing = missingTool() ?? missingForFuzzing();
  if (missing !== undefined) {
    console.error(missing);
    process.exitCode = 1;
  } else if (target !== undefined && values.input !== undefined) {
    process.exitCode = (await again(target, resolve(values.input))) ? 0 : 1;
  } else {
    const { failed } = await fuzz(target === undefined ? targets : [target], seconds);
    process.exitCode = failed > 0 ? 1 : 0;
  }
}
