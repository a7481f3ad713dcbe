// Writes dist/monitor/dashboard.html: the page of dashboard/ with its style, its script and uPlot in it, so
// that it is one file that asks nobody for anything.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { root } from './paths.mjs';

const require = createRequire(import.meta.url);
const uplot = dirname(require.resolve('uplot/package.json'));
const read = (...path) => readFileSync(join(...path), 'utf8').trim();

/**
 * A module of the page after all that it imports, each of them once, as one script: they share one scope, in which
 * their names differ.
 */
function joined(name, seen = new Set()) {
  if (seen.has(name)) return '';
  seen.add(name);
  const text = read(root, 'dashboard', name);
  const imports = [...text.matchAll(/^import \{[^}]*\} from '(.*)';\n/gm)];
  const before = imports.map(([, from]) => joined(join(dirname(name), from), seen));
  const own = text.replaceAll(/^import \{[^}]*\} from '.*';\n/gm, '').replaceAll(/^export /gm, '');
  return `${before.join('')}${own.trim()}\n\n`;
}

const parts = {
  styles: `${read(uplot, 'dist', 'uPlot.min.css')}\n${read(root, 'dashboard', 'page.css')}`,
  uplot: `/*! uPlot\n${read(uplot, 'LICENSE')}\n*/\n${read(uplot, 'dist', 'uPlot.iife.min.js')}`,
  script: joined('page.js'),
};

let page = `${read(root, 'dashboard', 'page.html')}\n`;
for (const [name, text] of Object.entries(parts)) {
  if (text.includes('</script') || text.includes('</style'))
    throw new Error(`${name} ends too early`);
  // By a function: the texts hold `$` of their own.
  page = page.replace(`/*${name}*/`, () => `\n${text}\n`);
}
const folder = join(root, 'dist', 'monitor');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'dashboard.html'), page);
