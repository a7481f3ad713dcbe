import type { Logger } from './sdk.js';

/**
 * An event's data as JSON. For what is none, the SDK tells its log and throws what the parser threw.
 *
 * The log gets the lines of the event as they must have been; comments and fields without a meaning, which
 * the SDK would show as well, are gone by then.
 */
export function parsedData(
  text: string,
  name: string | undefined,
  logger: Logger | undefined,
): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    logger?.error('Could not parse message into JSON:', text);
    const lines = text.split('\n').map((line) => `data: ${line}`);
    logger?.error('From chunk:', name === undefined ? lines : [`event: ${name}`, ...lines]);
    throw error;
  }
}
