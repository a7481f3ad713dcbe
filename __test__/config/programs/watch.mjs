// Watches a configuration, and has nothing else to do.
import { watchConfig } from 'warmline/config';

await watchConfig(process.argv[2]);
console.log('watching');
