// `respond` and `redirect`: the answer is made when the configuration is read and only sent at request time.
import type { TargetConfig } from '@tollgate/core';
import { isBodyless, redirectAnswer, type PreparedAnswer } from './prepared.ts';
import type { Exchange } from '../lane/full/exchange.ts';
import type { MovedTarget, PreparedTarget } from './target.ts';

type Respond = Extract<TargetConfig, { kind: 'respond' }>;
type Redirect = Extract<TargetConfig, { kind: 'redirect' }>;

export function respondTarget(config: Respond): PreparedTarget {
  const body = isBodyless(config.status) ? Buffer.alloc(0) : Buffer.from(config.body);
  const given = config.headers.flatMap(([name, value]) => [name, value]);
  const typed = config.headers.some(([name]) => name.toLowerCase() === 'content-type');
  const fields = typed || body.length === 0 ? given : [...given, 'Content-Type', 'text/plain; charset=utf-8'];
  return prepared('respond', { status: config.status, fields, body });
}

export function redirectTarget(config: Redirect): PreparedTarget | MovedTarget {
  const { status, to, keepPath } = config;
  return keepPath === 'off' ? prepared('redirect', redirectAnswer(status, to)) : moved(config);
}

/** What is appended begins with one slash or a question mark: it cannot change the host of `to`, nor become one. */
function moved({ to, status, keepPath }: Redirect): MovedTarget {
  const base = to.replace(/\/$/, '');
  const serve = (exchange: Exchange): void => {
    const target = exchange.head?.target ?? '/';
    const kept = keepPath === 'whole' ? target : restOf(target, exchange.routePath.replace(/\/$/, ''));
    exchange.answer(redirectAnswer(status, `${base}${kept.replace(/^\/+/, '/')}` || '/'));
  };
  return {
    kind: 'moved',
    readsBody: false,
    upgrades: false,
    serve,
    upgrade: serve,
    close: () => Promise.resolve(),
  };
}

/** A rewrite may have led out of the route: then all of what it made is the rest. */
function restOf(target: string, route: string): string {
  const rest = target.slice(route.length);
  return target.startsWith(route) && /^(?:$|[/?])/.test(rest) ? rest : target;
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
