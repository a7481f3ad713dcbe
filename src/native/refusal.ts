import { WarmlineError } from './error.js';

/**
 * Calls the engine for what it answers at once. Its refusals carry their code in front of their
 * message.
 *
 * @throws {TypeError} with Node's `code`, for arguments that the engine cannot take.
 * @throws {WarmlineError} for every other refusal.
 */
export function refusable<T>(native: () => T): T {
  try {
    return native();
  } catch (error) {
    const { message } = error as Error;
    const [, code, text] = /^([A-Z][A-Z0-9_]+): (.*)$/s.exec(message) ?? [];
    if (code === undefined || text === undefined) throw error;
    if (code.startsWith('ERR_INVALID_')) throw Object.assign(new TypeError(text), { code });
    throw new WarmlineError({ code, phase: 'pool', message: text });
  }
}
