import { errorBody } from '@tollgate/core';
import { expect, it } from 'vitest';
import { errorEntries } from '../../src/errors/table.ts';

it('every error has a status of 4xx or 5xx and a plain sentence that needs no escaping', () => {
  const offences = errorEntries().filter(
    ({ status, message }) => status < 400 || status > 599 || !/^[A-Z][\w ,;:()/.%-]+\.$/.test(message),
  );
  expect(offences).toEqual([]);
});

it('an error is told in the form that was asked for', () => {
  expect(errorBody('upstream-refused', undefined).body.toString()).toBe(
    '502 Bad Gateway: The application could not be reached. (upstream-refused)\n',
  );
  const html = errorBody('upstream-refused', 'text/html,application/xhtml+xml');
  expect(html).toMatchObject({ status: 502, contentType: 'text/html; charset=utf-8' });
  expect(html.body.toString()).toContain(
    '<h1>502 Bad Gateway</h1>\n<p>The application could not be reached.</p>',
  );
});

it('the body of an error is prepared once', () => {
  expect(errorBody('internal', '*/*')).toBe(errorBody('internal', undefined));
});
