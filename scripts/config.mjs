// `npm run config` writes config.schema.json, by which editors complete the YAML, and docs/configuration.md, a
// table of every key, from the schema in src/config; with --check it only compares. Build before.
import { jsonSchema } from '../dist/config.js';
import { documentation } from './config-docs.mjs';
import { generated } from './generated.mjs';

const schema = jsonSchema();
generated('config.schema.json', `${JSON.stringify(schema, null, 2)}\n`, 'npm run config');
generated('docs/configuration.md', documentation(schema), 'npm run config');
