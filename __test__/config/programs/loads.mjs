// Which of the configuration's packages are loaded: by the package alone, then by reading a file.
import { registerHooks } from 'node:module';

const loaded = new Set();
registerHooks({
  resolve(specifier, context, nextResolve) {
    const [name] = specifier.split('/');
    if (name === 'yaml' || name === 'zod') loaded.add(name);
    return nextResolve(specifier, context);
  },
});
const { configure, fetch } = await import('warmline');
configure({ maxConnections: 5 });
await fetch('data:,').then((response) => response.text());
console.log([...loaded].sort().join());
await configure(process.argv[2]);
console.log([...loaded].sort().join());
