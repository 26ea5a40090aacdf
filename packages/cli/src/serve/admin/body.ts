// The body of an order to the admin listener: a small JSON object, and from no web form.
import type { IncomingMessage } from 'node:http';

const MOST_BYTES = 1024;

/** `undefined`: it is none. A form of another site cannot send this type without asking first (Fetch, CORS). */
export async function readOrder(
  request: IncomingMessage,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  if (request.headers['content-type'] !== 'application/json') return undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (!(chunk instanceof Buffer)) return undefined;
    bytes += chunk.length;
    if (bytes > MOST_BYTES) return undefined;
    chunks.push(chunk);
  }
  return parsed(Buffer.concat(chunks).toString());
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    // Not JSON: the answer says what was expected.
    return undefined;
  }
}
