// `respond` and `redirect`: the answer is made when the configuration is read and only sent at request time.
import type { TargetConfig } from '@tollgate/core';
import { isBodyless, type PreparedAnswer } from './prepared.ts';
import type { PreparedTarget } from './target.ts';

type Respond = Extract<TargetConfig, { kind: 'respond' }>;
type Redirect = Extract<TargetConfig, { kind: 'redirect' }>;

export function respondTarget(config: Respond): PreparedTarget {
  const body = isBodyless(config.status) ? Buffer.alloc(0) : Buffer.from(config.body);
  const given = config.headers.flatMap(([name, value]) => [name, value]);
  const typed = config.headers.some(([name]) => name.toLowerCase() === 'content-type');
  const fields = typed || body.length === 0 ? given : [...given, 'Content-Type', 'text/plain; charset=utf-8'];
  return prepared('respond', { status: config.status, fields, body });
}

export function redirectTarget(config: Redirect): PreparedTarget {
  return prepared('redirect', redirectAnswer(config.status, config.to));
}

/** The body is for people whose client does not follow. */
export function redirectAnswer(status: number, location: string): PreparedAnswer {
  return {
    status,
    fields: ['Location', location, 'Content-Type', 'text/plain; charset=utf-8'],
    body: Buffer.from(`See ${location}\n`),
  };
}

function prepared(kind: PreparedTarget['kind'], answer: PreparedAnswer): PreparedTarget {
  return {
    kind,
    answer,
    readsBody: false,
    upgrades: false,
    serve: (exchange) => exchange.answer(answer),
    upgrade: (exchange) => exchange.answer(answer),
    close: () => Promise.resolve(),
  };
}
