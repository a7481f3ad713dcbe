import type { Logger } from './sdk.js';

/** An event's data as JSON. For what is none, the SDK tells its log and throws what the parser threw. */
export function parsedData(
  text: string,
  name: string | undefined,
  logger: Logger | undefined,
): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    logger?.error('Could not parse message into JSON:', text);
    logger?.error('From chunk:', linesOf(text, name));
    throw error;
  }
}

/**
 * An event's lines as they must have been. Comments and fields without a meaning, which the SDK would show
 * as well, are gone by then.
 */
function linesOf(text: string, name: string | undefined): string[] {
  if (text === '' && name !== undefined) return [`event: ${name}`];
  const lines = text.split('\n').map((line) => (line === '' ? 'data:' : `data: ${line}`));
  return name === undefined ? lines : [`event: ${name}`, ...lines];
}
