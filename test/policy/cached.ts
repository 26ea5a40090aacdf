// A front with a cache before a target of the test's own, and what it has been asked.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';
import { httpUpstream } from '../../packages/proxy/test/support/upstream.ts';
import { ask, fieldOf, type Answer, type Asked } from '../support/ask.ts';
import { startRoutes, type Protocol, type Running } from '../support/ways.ts';

export type Answering = (request: IncomingMessage, response: ServerResponse) => void;

export interface Cached {
  readonly running: Running;
  /** Of the requests that reached the target. */
  readonly seen: IncomingMessage[];
  ask(asked?: Partial<Asked>, protocol?: Protocol): Promise<Answer>;
}

export const behind = async (
  answer: Answering,
  keys: object,
  more: object = {},
  root: object = {},
): Promise<Cached> => {
  const seen: IncomingMessage[] = [];
  const { url } = await httpUpstream((request, response) => {
    seen.push(request);
    answer(request, response);
  });
  const running = await startRoutes([{ path: '/', upstream: url, ...keys, ...more }], {}, root);
  onTestFinished(() => running.close());
  const asking = (asked: Partial<Asked> = {}, protocol: Protocol = 'h1'): Promise<Answer> =>
    ask(running.httpsPort, protocol, { path: '/', ...asked });
  return { running, seen, ask: asking };
};

/** Each answer tells which request it is to. */
export const numbered = (fields: Record<string, string> = {}): Answering => {
  let count = 0;
  return (_request, response) => {
    count += 1;
    response.writeHead(200, { 'content-type': 'text/plain', ...fields });
    response.end(`answer ${count}`);
  };
};

export const statusOf = (answer: Answer): string | undefined => fieldOf(answer.fields, 'cache-status');
export const cacheOf = ({ running }: Cached) => running.front?.status().caches[0];
