/** What a schema has to say of a source, in the words of {@link ConfigIssue}. */

import type { z } from 'zod/v4';
import type { ConfigIssue } from './error.js';
import { nearest } from './nearest.js';
import { type Path, type Source, valueAt } from './source.js';

type Fault = z.core.$ZodIssue;

/** Checks a source: its value as the schema has it, or all that is wrong. */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  source: Source,
): { data: z.output<Schema> | undefined; issues: ConfigIssue[] } {
  let result = schema.safeParse(source.value);
  const texts = result.error?.issues.filter(wantsText).map(({ path }) => path) ?? [];
  if (texts.length > 0) result = schema.safeParse(withTexts(source, texts));
  if (result.success) return { data: result.data, issues: [] };
  const issues = result.error.issues.flatMap((fault) => explain(fault, [], schema, source));
  return { data: undefined, issues: withoutRepeats(issues) };
}

/** What looks like a number or a truth where text is wanted is text: a passphrase of digits. */
const wantsText = (fault: Fault): boolean =>
  fault.code === 'invalid_type' && fault.expected === 'string';

function withTexts(source: Source, paths: readonly Path[]): unknown {
  const value = structuredClone(source.value);
  for (const path of paths) {
    const text = source.asText(path);
    const within = valueAt(value, path.slice(0, -1));
    if (text !== undefined) Object.assign(Object(within), { [path.at(-1) ?? '']: text });
  }
  return value;
}

function explain(fault: Fault, prefix: Path, schema: z.ZodType, source: Source): ConfigIssue[] {
  const path = [...prefix, ...fault.path];
  if (fault.code === 'invalid_union') {
    const meant = fault.errors.filter(hasItsForm);
    const [only] = meant;
    if (meant.length === 1 && only !== undefined) {
      return only.flatMap((inner) => explain(inner, path, schema, source));
    }
  }
  if (fault.code === 'unrecognized_keys') {
    return fault.keys.map((key) => unknownKey([...path, key], schema, source));
  }
  const { found, ...place } = source.place(path, 'value');
  const isMissing = fault.code === 'invalid_type' && valueAt(source.value, path) === undefined;
  const shown = found === undefined ? '' : `, not ${found === '' ? '""' : found}`;
  const message = isMissing ? 'is missing' : `${fault.message}${shown}`;
  return [{ ...place, key: path.join('.'), message, found, suggestion: undefined }];
}

/** Whether all that is wrong lies inside of the value: it is of this kind, then, and not of another. */
function hasItsForm(faults: readonly Fault[]): boolean {
  return faults.every(({ code, path }) => code === 'unrecognized_keys' || path.length > 0);
}

function unknownKey(path: Path, schema: z.ZodType, source: Source): ConfigIssue {
  return {
    ...source.place(path, 'key'),
    found: undefined,
    key: path.join('.'),
    message: 'is unknown',
    suggestion: nearest(String(path.at(-1)), keysAt(schema, path.slice(0, -1))),
  };
}

/** The keys that there are in a section. */
function keysAt(schema: z.ZodType, path: Path): string[] {
  let reached: readonly z.core.$ZodType[] = [schema];
  for (const step of path) reached = reached.flatMap((type) => inside(type, step));
  return reached.flatMap(sections).flatMap((type) => Object.keys(type._zod.def.shape));
}

function inside(type: z.core.$ZodType, step: PropertyKey): z.core.$ZodType[] {
  return unwrapped(type).flatMap((bare) => {
    const { def } = (bare as z.core.$ZodTypes)._zod;
    if (def.type === 'object') return [def.shape[String(step)] ?? []].flat();
    if (def.type === 'record') return [def.valueType];
    return def.type === 'array' ? [def.element] : [];
  });
}

function sections(type: z.core.$ZodType): z.core.$ZodObject[] {
  return unwrapped(type).filter(
    (bare): bare is z.core.$ZodObject => bare._zod.def.type === 'object',
  );
}

/** The kinds that a value may be of, without what is wrapped around them. */
function unwrapped(type: z.core.$ZodType): z.core.$ZodType[] {
  const { def } = (type as z.core.$ZodTypes)._zod;
  if (def.type === 'optional') return unwrapped(def.innerType);
  return def.type === 'union' ? def.options.flatMap(unwrapped) : [type];
}

/** A value that fails two checks of the same form is wrong once. */
function withoutRepeats(issues: readonly ConfigIssue[]): ConfigIssue[] {
  const seen = new Set<string>();
  return issues.filter(({ source, line, column, key, message }) => {
    const words = [source, line, column, key, message].join('\n');
    return !seen.has(words) && seen.add(words);
  });
}
