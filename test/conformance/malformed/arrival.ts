// A recorded request beside the one that a case wants: only what the case speaks of is compared.
import { HOST, type Arrival } from './case.ts';
import type { Recorded } from './recorder.ts';

export interface Compared {
  readonly line: string;
  /** Every Host there is. */
  readonly hosts: readonly string[];
  readonly body: string;
  /** Of the wanted fields, those that are there. */
  readonly has: readonly string[];
  /** Of the unwanted names, those that are there. */
  readonly had: readonly string[];
}

export function expectedOf({ line, host = HOST, body = '', has = [] }: Arrival): Compared {
  return { line, hosts: [`host: ${host}`], body, has, had: [] };
}

export function comparedTo(arrival: Arrival | undefined, { line, fields, body }: Recorded): Compared {
  const { has = [], lacks = [] } = arrival ?? {};
  return {
    line,
    hosts: fields.filter((field) => field.startsWith('host:')),
    body,
    has: has.filter((field) => fields.some((given) => trimmed(given) === trimmed(field))),
    had: lacks.filter((name) => fields.some((field) => field.startsWith(`${name}:`))),
  };
}

/** Spaces around a value are not part of it (RFC 9110 5.5); only framing must come without them. */
function trimmed(field: string): string {
  return field.replace(/:[ \t]*/, ': ').trimEnd();
}
