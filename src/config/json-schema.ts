import { z } from 'zod';
import { root } from './schema/root.js';

/** The JSON Schema (draft 2020-12) of a configuration file, as `warmline/config.schema.json` has it. */
export function jsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(root, { io: 'input', reused: 'ref' });
  return { ...schema, title: 'warmline' };
}
