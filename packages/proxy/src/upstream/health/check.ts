// One check of one server: a connection of its own, one GET, one status. Nothing of the answer's body is read.
import { request as startRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { HealthConfig } from '@tollgate/core';
import { dial } from '../dial.ts';
import { hostOf } from '../host.ts';
import type { UpstreamMember } from '../member.ts';

/** Called once, unless the check is given up: `undefined` when the server is well, else what is wrong. */
export type Checked = (fault: string | undefined) => void;

/** Returns a function that gives up. */
export function check(member: UpstreamMember, config: HealthConfig, checked: Checked): () => void {
  let over = false;
  let asked: Socket | undefined;
  const end = (): void => {
    over = true;
    clearTimeout(timer);
    stopDialling();
    asked?.destroy();
  };
  const finish = (fault: string | undefined): void => {
    if (over) return;
    end();
    checked(fault);
  };
  const timer = setTimeout(() => finish(`no answer in ${config.timeoutMs} ms`), config.timeoutMs);
  const stopDialling = dial(member.endpoint, undefined, (error, socket) => {
    asked = socket;
    if (over || socket === undefined) finish(String(error));
    else ask(member, config, socket, finish);
  });
  return end;
}

function ask(member: UpstreamMember, config: HealthConfig, socket: Socket, finish: Checked): void {
  const request = startRequest({
    createConnection: () => socket,
    path: config.path,
    headers: ['Host', config.host ?? hostOf(member), 'User-Agent', 'tollgate-health', 'Connection', 'close'],
    setHost: false,
  });
  request.on('response', ({ statusCode = 0 }: IncomingMessage) => finish(faultOf(statusCode, config)));
  // 101 is no answer to a question that did not ask for it.
  request.on('upgrade', () => finish('status 101'));
  request.on('error', (error) => finish(String(error)));
  request.end();
}

const faultOf = (status: number, { statuses }: HealthConfig): string | undefined =>
  statuses.some(([from, to]) => status >= from && status <= to) ? undefined : `status ${status}`;
