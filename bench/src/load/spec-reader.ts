// A LoadSpec from JSON, with every mistake named: the child process trusts nobody's typing.
import type { LoadSpec } from './spec.ts';

type Rule = readonly [expected: string, holds: (value: unknown) => boolean];

const text: Rule = ['a text', (value) => typeof value === 'string' && value !== ''];
const flag: Rule = ['true or false', (value) => typeof value === 'boolean'];
const oneOf = (...values: readonly string[]): Rule => [
  values.map((value) => `"${value}"`).join(' or '),
  (value) => typeof value === 'string' && values.includes(value),
];
const whole = (from: number, to: number): Rule => [
  `a whole number from ${from} to ${to}`,
  (value) => Number.isInteger(value) && Number(value) >= from && Number(value) <= to,
];
const list: Rule = [
  'a list of texts',
  (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
];
const map: Rule = [
  'names with texts',
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((item) => typeof item === 'string'),
];

const HOUR_MS = 3_600_000;
const REQUIRED: Readonly<Record<string, Rule>> = {
  host: text,
  port: whole(1, 65_535),
  scheme: oneOf('http', 'https'),
  path: ['a path that begins with /', (value) => typeof value === 'string' && /^\/[!-~]*$/.test(value)],
  protocol: oneOf('h1', 'h2'),
  mode: oneOf('new', 'resumed', 'keepalive'),
  connections: whole(1, 65_535),
  warmupMs: whole(0, HOUR_MS),
  durationMs: whole(1, 24 * HOUR_MS),
  timeoutMs: whole(1, 600_000),
  verify: flag,
  expectStatus: whole(200, 599),
};
const OPTIONAL: Readonly<Record<string, Rule>> = {
  serverName: text,
  headers: map,
  streams: whole(1, 1000),
  rate: [
    'requests per second above 0',
    (value) => typeof value === 'number' && value > 0 && Number.isFinite(value),
  ],
  sourceAddresses: list,
  caFile: text,
  expectBodyBytes: whole(0, Number.MAX_SAFE_INTEGER),
  keepOpen: flag,
};

/** Throws a TypeError that lists every field that is missing, unknown or wrong. */
export function readSpec(json: string): LoadSpec {
  const value: unknown = JSON.parse(json);
  assertSpec(value);
  return value;
}

function assertSpec(value: unknown): asserts value is LoadSpec {
  if (typeof value !== 'object' || value === null) throw new TypeError('spec: expected an object');
  const given = new Map<string, unknown>(Object.entries(value));
  const problems = [
    ...Object.entries(REQUIRED).flatMap(([name, rule]) => problemsOf(name, rule, given.get(name))),
    ...Object.entries(OPTIONAL).flatMap(([name, rule]) =>
      given.has(name) ? problemsOf(name, rule, given.get(name)) : [],
    ),
    ...[...given.keys()]
      .filter((name) => !(name in REQUIRED) && !(name in OPTIONAL))
      .map((name) => `spec.${name}: expected no such field`),
  ];
  if (problems.length > 0) throw new TypeError(problems.join('\n'));
}

function problemsOf(name: string, [expected, holds]: Rule, value: unknown): string[] {
  return holds(value) ? [] : [`spec.${name}: expected ${expected}, got ${JSON.stringify(value)}`];
}
