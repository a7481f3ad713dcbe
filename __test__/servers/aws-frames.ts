import { crc32 } from 'node:zlib';

/** A frame of `application/vnd.amazon.eventstream` with text headers. */
export function awsFrame(headers: Record<string, string>, payload: string): Buffer {
  const named = Object.entries(headers).map(([name, value]) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(Buffer.byteLength(value));
    return Buffer.concat([
      Buffer.from([name.length]),
      Buffer.from(name),
      Buffer.from([7]),
      length,
      Buffer.from(value),
    ]);
  });
  const content = Buffer.concat([...named, Buffer.from(payload)]);
  const prelude = words(content.length + 16, content.length - Buffer.byteLength(payload));
  const frame = Buffer.concat([prelude, words(crc32(prelude)), content]);
  return Buffer.concat([frame, words(crc32(frame))]);
}

/** A model's own event, as `InvokeModelWithResponseStream` wraps it. */
export function bedrockChunk(event: object): Buffer {
  const bytes = Buffer.from(JSON.stringify(event)).toString('base64');
  const headers = { ':event-type': 'chunk', ':message-type': 'event' };
  return awsFrame(headers, JSON.stringify({ bytes, p: 'abcd' }));
}

function words(...numbers: number[]): Buffer {
  const bytes = Buffer.alloc(4 * numbers.length);
  for (const [i, number] of numbers.entries()) bytes.writeUInt32BE(number, 4 * i);
  return bytes;
}
