import { z } from 'zod/v4';
import { root } from './schema/root.js';

/** The JSON Schema (draft 2020-12) of a configuration file, as `warmline/config.schema.json` has it. */
export function jsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(root, {
    io: 'input',
    reused: 'ref',
    // Defaults of durations are said in YAML's seconds, and would be left out as those of another unit.
    override({ zodSchema, jsonSchema }) {
      const about = z.globalRegistry.get(zodSchema);
      if (about?.['default'] !== undefined)
        Object.assign(jsonSchema, { default: about['default'] });
    },
  });
  return { ...schema, title: 'warmline' };
}
