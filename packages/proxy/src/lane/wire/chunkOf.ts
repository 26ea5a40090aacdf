// Framing of what goes on in chunks (RFC 9112 section 7.1).

const CRLF_BYTES = 2;

/** A chunk of the chunked coding, as one piece. */
export function chunkOf(bytes: Buffer, from: number, to: number): Buffer {
  const size = `${(to - from).toString(16)}\r\n`;
  const chunk = Buffer.allocUnsafe(size.length + to - from + CRLF_BYTES);
  chunk.latin1Write(size, 0);
  bytes.copy(chunk, size.length, from, to);
  chunk.latin1Write('\r\n', chunk.length - CRLF_BYTES);
  return chunk;
}
