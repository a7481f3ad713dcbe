/** The kinds of values that keys have. What is read from YAML is checked, and turned into what the options take. */

import { z } from 'zod/v4';

/** What the documentation of a key says beside its kind. */
export interface About {
  readonly description: string;
  /** As it would be written in YAML. */
  readonly default?: unknown;
}

const MILLIS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const DURATION = /^(\d+(?:\.\d+)?) ?(ms|s|m|h)$/;
const DURATION_FORM = 'must be a positive number of seconds, or text such as "250ms", "30s", "5m"';

/** A duration; milliseconds once it is read. */
export function duration(about: About) {
  return z
    .union([z.number().positive(), z.string().regex(DURATION)], { error: DURATION_FORM })
    .refine((value) => millis(value) > 0, { error: DURATION_FORM })
    .transform(millis)
    .meta({ ...about });
}

function millis(value: number | string): number {
  if (typeof value === 'number') return value * 1000;
  const [, amount = '', unit = 's'] = DURATION.exec(value) ?? [];
  return Number(amount) * MILLIS[unit as keyof typeof MILLIS];
}

/** Of a whole number without a limit of its own. */
const MOST = 0x7fff_ffff;

export function whole(least: number, about: About, most: number = MOST) {
  const error = `must be a whole number from ${least} to ${most}`;
  return z
    .int({ error })
    .min(least, { error })
    .max(most, { error })
    .meta({ ...about });
}

export function positive(about: About) {
  const error = 'must be a positive number';
  return z
    .number({ error })
    .positive({ error })
    .meta({ ...about });
}

export function flag(about: About) {
  return z.boolean({ error: 'must be true or false' }).meta({ ...about });
}

export function text(about: About) {
  const error = 'must be text';
  return z
    .string({ error })
    .min(1, { error })
    .meta({ ...about });
}

export function matching(pattern: RegExp, error: string, about: About) {
  return z
    .string({ error })
    .regex(pattern, { error })
    .meta({ ...about });
}

export function oneOf<const Words extends readonly [string, ...string[]]>(
  words: Words,
  about: About,
) {
  return z.enum(words, { error: `must be one of ${words.join(', ')}` }).meta({ ...about });
}

/** A URL of one of these schemes. */
export function url(schemes: readonly string[], about: About) {
  const error = `must be a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
  return z
    .string({ error })
    .refine(
      (value) => URL.canParse(value) && schemes.includes(new URL(value).protocol.slice(0, -1)),
      { error },
    )
    .meta({ ...about });
}

/** The beginning of URLs. */
export function baseUrl(about: About) {
  return url(['http', 'https'], about).refine(isBase, {
    error: 'must be a URL without query, fragment and credentials',
  });
}

function isBase(value: string): boolean {
  const { search, hash, username, password } = URL.canParse(value) ? new URL(value) : NO_PARTS;
  return search + hash + username + password === '';
}

const NO_PARTS = { search: '', hash: '', username: '', password: '' };

export function listOf<Item extends z.ZodType>(item: Item, form: string, about: About) {
  return z.array(item, { error: `must be a list of ${form}` }).meta({ ...about });
}

/** Keys of its own below a key; each of them may be left out. */
export function section<Shape extends Readonly<Record<string, z.ZodType>>>(
  shape: Shape,
  description: string,
) {
  return z.strictObject(shape, { error: notKeys }).partial().meta({ description });
}

/** As {@link section}, where some keys must be there. */
export function entry<
  Required extends Readonly<Record<string, z.ZodType>>,
  Optional extends Readonly<Record<string, z.ZodType>>,
>(required: Required, optional: Optional, description: string) {
  return z
    .strictObject({ ...required, ...z.strictObject(optional).partial().shape }, { error: notKeys })
    .meta({ description });
}

function notKeys(issue: { code?: string | undefined }): string | undefined {
  return issue.code === 'invalid_type' ? 'must be a section with keys of its own' : undefined;
}
