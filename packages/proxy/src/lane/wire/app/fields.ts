// The fields that an app gets, name and value in turn: those of the head that go on, and what the front adds.
import { microsText } from '../clock.ts';
import { authorityText, type Asker } from '../outgoing.ts';
import { fieldsOf, type RequestHead } from '../requestHead.ts';
import type { Admitted } from '../admitted.ts';

/** What the front adds for one asker, with two places to be filled in for each request. */
interface Added {
  readonly fields: readonly string[];
  readonly idAt: number;
  readonly startAt: number;
}

const added = new WeakMap<Asker, Added>();

export function appFields(
  { head, asker, requestId }: Admitted,
  scheme: 'http' | 'https',
  startMicros: number,
): string[] {
  const { fields, idAt, startAt } = addedFor(asker);
  const own = ownFields(head);
  const all = ['Host', authorityText(head, scheme), ...own, ...fields];
  const shift = own.length + 2;
  all[shift + idAt] = requestId;
  all[shift + startAt] = `t=${microsText(startMicros)}`;
  return all;
}

function addedFor(asker: Asker): Added {
  const known = added.get(asker);
  if (known !== undefined) return known;
  const fields = fieldsOf(`${asker.beforeId}\r\n${asker.beforeStart.slice(2)}\r\n`);
  const made = {
    fields,
    idAt: fields.indexOf('X-Request-Id') + 1,
    startAt: fields.indexOf('X-Request-Start') + 1,
  };
  added.set(asker, made);
  return made;
}

/** Most requests are like the one before. */
let lastLines = '';
let lastFields: readonly string[] = [];

function ownFields({ lines }: RequestHead): readonly string[] {
  if (lines === lastLines) return lastFields;
  lastFields = fieldsOf(lines);
  lastLines = lines;
  return lastFields;
}
