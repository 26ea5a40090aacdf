// `health` of an upstream: servers asked whether they are well, besides what their answers say.
import * as z from 'zod';
import { canonicalAuthority } from '../../gate/host.ts';
import { count, mapping, oneOrMany, text } from './mapping.ts';
import { duration } from './quantity.ts';

const path = text('a path such as /healthz', (given) => (/^\/[!-"$-~]*$/.test(given) ? given : undefined));

const EXPECTED_STATUS = 'a status such as 200 or 2xx';
const status = z.union([count(100, 599).transform(exactly), text(EXPECTED_STATUS, parseStatus)], {
  error: `expected ${EXPECTED_STATUS}`,
});

const fields = mapping('health checks', {
  host: text('a host such as app.example or app.example:8080', (given) => {
    const authority = canonicalAuthority(given);
    if (authority === undefined) return undefined;
    return authority.port === undefined ? authority.host : `${authority.host}:${authority.port}`;
  })
    .optional()
    .describe("Host of the check; without it the server's own name."),
  path: path.prefault('/').describe('What is asked for, by GET.'),
  interval: duration().prefault('5s').describe('Between two checks of a server, give or take a tenth.'),
  timeout: duration().prefault('2s').describe('For connection and answer together.'),
  fall: count(1, 1000).prefault(3).describe('Failed checks in a row that put a server out of use.'),
  rise: count(1, 1000).prefault(2).describe('Passed checks in a row that put it back.'),
  status: oneOrMany(`${EXPECTED_STATUS}, or a list of them`, status)
    .prefault(['2xx', '3xx'])
    .describe('What a server that is well answers: a status such as 200 or 2xx, or a list.'),
});

/** A mapping, or only the path. */
export const health = z.union([fields, path.transform((given) => fields.parse({ path: given }))], {
  error: 'expected a path such as /healthz, or a mapping with path',
});

/** From and to, both included. */
type Range = readonly [from: number, to: number];

function exactly(given: number): Range {
  return [given, given];
}

function parseStatus(given: string): Range | undefined {
  const [, first, rest = ''] = /^([1-5])(xx|\d\d)$/.exec(given) ?? [];
  if (first === undefined) return undefined;
  return rest === 'xx' ? [Number(first) * 100, Number(first) * 100 + 99] : exactly(Number(first + rest));
}
