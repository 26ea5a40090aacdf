// `compress`: an answer that comes plain from its target goes to the client in the coding that it likes best.
import type { IncomingHttpHeaders } from 'node:http';
import type { CompressConfig } from '@tollgate/core';
import { parseDirectives } from '../cache/directives.ts';
import { valueOf } from '../cache/fieldLines.ts';
import { acceptedCodings } from '../coding/accept.ts';
import { Coder } from '../coding/coder.ts';
import { essenceOf, isCompressible } from '../coding/compressible.ts';
import { weakened } from '../coding/entityTag.ts';
import { varyWith } from '../coding/vary.ts';
import type { Counters } from '../counters.ts';
import { isBodyless } from '../target/prepared.ts';
import type { AnswerHead } from './answerHead.ts';
import type { PolicyExchange, PolicyPart } from './seam.ts';

type AcceptEncoding = IncomingHttpHeaders['accept-encoding'] | string[];

/** Answers of one route in work at once, each with up to 2 MB of a compressor's own memory; more are sent plain. */
const MOST_AT_ONCE = 256;

export function compressPart(config: CompressConfig, { coded }: Counters): PolicyPart {
  const isWanted = typesOf(config);
  /** As the client sent it: a later edit may keep it from the target, and an app sees the edited fields in their place. */
  const accepts = new WeakMap<PolicyExchange, AcceptEncoding>();
  // A target that is not told the fields has not changed them either.
  const acceptEncoding = (exchange: PolicyExchange): AcceptEncoding =>
    accepts.get(exchange) ?? exchange.request.headers['accept-encoding'];
  let atWork = 0;
  return {
    edit: (fields, exchange) => {
      accepts.set(exchange, valueOf(fields, 'accept-encoding'));
      return fields;
    },
    filter: (exchange, head) => {
      if (!isEligible(head, config.minBytes) || !isWanted(head.get('content-type') ?? '')) return undefined;
      // Also where nothing is compressed: a cache behind would send the plain answer to everybody.
      head.set('Vary', varyWith(head.get('vary'), 'Accept-Encoding'));
      const [coding] = acceptedCodings(acceptEncoding(exchange), config.encodings);
      if (coding === undefined || exchange.head?.method === 'HEAD' || atWork >= MOST_AT_ONCE)
        return undefined;
      describeCoded(head, coding);
      atWork += 1;
      return new Coder(coding, coded).once('close', () => {
        atWork -= 1;
      });
    },
  };
}

function typesOf({ types }: CompressConfig): (type: string) => boolean {
  if (types === undefined) return isWorthIt;
  const wanted = new Set(types);
  return (type) => {
    const essence = essenceOf(type);
    return wanted.has(essence) || wanted.has(`${essence.slice(0, essence.indexOf('/'))}/*`);
  };
}

/** An event stream would hold its compressor for hours, and has little to win. */
function isWorthIt(type: string): boolean {
  return isCompressible(type) && essenceOf(type) !== 'text/event-stream';
}

function isEligible(head: AnswerHead, minBytes: number): boolean {
  if (isBodyless(head.status) || head.status === 206 || head.has('content-range')) return false;
  if ((head.get('content-encoding') ?? 'identity').toLowerCase() !== 'identity') return false;
  if (parseDirectives(head.get('cache-control')).has('no-transform')) return false;
  const length = head.get('content-length');
  return length === undefined || Number(length) >= minBytes;
}

/** Of the bytes as they were; ranges are of those, too. */
const OF_PLAIN = [
  'Content-Length',
  'Content-MD5',
  'Digest',
  'Content-Digest',
  'Repr-Digest',
  'Accept-Ranges',
];

function describeCoded(head: AnswerHead, coding: string): void {
  for (const name of OF_PLAIN) head.remove(name);
  head.set('Content-Encoding', coding);
  const tag = head.get('etag');
  if (tag !== undefined) head.set('ETag', weakened(tag));
}
