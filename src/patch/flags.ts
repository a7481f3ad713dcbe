/** The switches of a careful roll-out, read from the environment once per thread. */

/** What may be patched, and where. */
export interface Flags {
  /** Nothing is patched. */
  readonly disabled: boolean;
  /** The share of what could be patched that is, in percent; of a class, the share of its clients. */
  readonly rollout: number;
  /** What `warmline/auto` patches; `undefined` for everything that it knows. */
  readonly only: ReadonlySet<string> | undefined;
  /** It is said on standard error what is patched. */
  readonly debug: boolean;
}

/**
 * Reads `WARMLINE_DISABLE`, `WARMLINE_ROLLOUT`, `WARMLINE_PATCH` and `WARMLINE_DEBUG`.
 *
 * @param warn hears of a value that makes no sense. A share that cannot be read is taken for none: whoever
 *   meant a small one must not get all.
 */
export function readFlags(
  environment: Readonly<Record<string, string | undefined>>,
  warn: (message: string) => void,
): Flags {
  const {
    WARMLINE_DISABLE: disable,
    WARMLINE_ROLLOUT: rollout,
    WARMLINE_PATCH: only,
    WARMLINE_DEBUG: debug,
  } = environment;
  return {
    disabled: isOn(disable),
    rollout: rollout === undefined ? 100 : percent(rollout, warn),
    only: only === undefined ? undefined : new Set(names(only)),
    debug: isOn(debug),
  };
}

let flags: Flags | undefined;

/** The flags of this thread. */
export function currentFlags(): Flags {
  flags ??= readFlags(process.env, (message) => {
    process.emitWarning(message, { code: 'WARMLINE_FLAGS' });
  });
  return flags;
}

/** Whether anything is patched at all. */
export function isSome({ disabled, rollout }: Flags): boolean {
  return !disabled && rollout > 0;
}

/** What has been drawn, so that patching again does not draw again. */
const draws: WeakMap<object, boolean> = new WeakMap();

/** Draws whether one thing that could be patched is among those that are: once for each target. */
export function isDrawn(flags: Flags, target: object = {}): boolean {
  const drawn = draws.get(target) ?? Math.random() * 100 < flags.rollout;
  draws.set(target, drawn);
  return isSome(flags) && drawn;
}

const isOn = (text: string | undefined): boolean =>
  text !== undefined && !['', '0', 'false', 'no', 'off'].includes(text.trim().toLowerCase());

function percent(text: string, warn: (message: string) => void): number {
  const share = Number(text.trim().replace(/%$/, ''));
  if (text.trim() !== '' && share >= 0 && share <= 100) return share;
  warn(
    `WARMLINE_ROLLOUT must be a number from 0 to 100, not ${JSON.stringify(text)}: nothing is patched`,
  );
  return 0;
}

const names = (list: string): string[] =>
  list
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
