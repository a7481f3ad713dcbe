// A fleet without the package that it takes.
import { registerHooks } from 'node:module';
import { configure } from 'warmline';

registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== 'redis') return next(specifier, context);
    throw Object.assign(new Error('not found'), { code: 'ERR_MODULE_NOT_FOUND' });
  },
});
await configure(process.argv[2]).catch(({ message }) => console.log(message));
