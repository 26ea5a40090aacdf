// `rateLimit`: how often a client, or all clients of a site together, may ask.
import { count, mapping, word } from '../mapping.ts';
import { duration } from '../quantity.ts';
import { orOff } from './off.ts';

const fields = mapping('a rate limit', {
  requests: count(1, 1_000_000).describe('Requests that are let pass in each `per`.'),
  per: duration().prefault('1s').describe('The time that they are counted over.'),
  burst: count(1, 1_000_000)
    .optional()
    .describe('Requests that may come at once; without it, as many as `requests`.'),
  by: word('address', 'site')
    .prefault('address')
    .describe('address: each client for itself (IPv6: each /64); site: all clients together.'),
  shared: word('off', 'on', 'strict')
    .prefault('off')
    .describe(
      'on: all nodes and workers with the same redis share the limit: each tells it what has passed and learns what the others let pass, so that only a burst that comes to several at once may exceed it; while it does not answer, each worker holds the limit for itself. strict: each request is asked about before; while it does not answer, 503.',
    ),
});

export const rateLimit = orOff(fields, 'a mapping with requests and per');
