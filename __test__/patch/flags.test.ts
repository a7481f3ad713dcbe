import { describe, expect, it } from 'vitest';
import { isDrawn, readFlags } from '../../src/patch/flags.js';

const quiet = (message: string) => {
  throw new Error(message);
};

describe('the flags', () => {
  it('patch everything by default', () => {
    expect(readFlags({}, quiet)).toEqual({
      disabled: false,
      rollout: 100,
      only: undefined,
      debug: false,
    });
  });

  it.each(['', '0', 'false', 'No', ' off '])('take %j for off', (text) => {
    expect(readFlags({ WARMLINE_DISABLE: text }, quiet).disabled).toBe(false);
  });

  it.each(['-1', '101', '', 'NaN', '1e9'])('take the share %j for none, and say so', (text) => {
    const warnings: string[] = [];
    const { rollout } = readFlags({ WARMLINE_ROLLOUT: text }, (message) => warnings.push(message));
    expect(rollout).toBe(0);
    expect(warnings).toHaveLength(1);
  });

  it('draw about the share that they say', () => {
    const flags = readFlags({ WARMLINE_ROLLOUT: '25' }, quiet);
    const drawn = Array.from({ length: 4000 }, () => isDrawn(flags)).filter(Boolean).length;
    // Six standard deviations on either side.
    expect(drawn).toBeGreaterThan(1000 - 6 * 28);
    expect(drawn).toBeLessThan(1000 + 6 * 28);
    expect(isDrawn({ ...flags, disabled: true, rollout: 100 })).toBe(false);
  });

  it('draw once for each target, however often it is patched', () => {
    const flags = readFlags({ WARMLINE_ROLLOUT: '50' }, quiet);
    for (const target of Array.from({ length: 50 }, () => ({}))) {
      const first = isDrawn(flags, target);
      expect(Array.from({ length: 20 }, () => isDrawn(flags, target))).not.toContain(!first);
    }
  });
});
