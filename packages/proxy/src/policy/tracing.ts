// `tracing`: every request that a target gets belongs to a trace, the client's if it has a valid one, else a new one.
import { isTraceparent, newTraceparent, TRACEPARENT, TRACESTATE } from '@tollgate/core';
import type { PolicyPart } from './seam.ts';

export function tracingPart(): PolicyPart {
  return {
    edit(fields, exchange) {
      const [given, ...more] = valuesOf(fields);
      if (given !== undefined && more.length === 0 && isTraceparent(given)) {
        exchange.traceparent = given;
        return fields;
      }
      // A request that is sent again is the same request.
      exchange.traceparent ??= newTraceparent();
      return [...withoutTrace(fields), TRACEPARENT, exchange.traceparent];
    },
  };
}

const nameAt = (fields: readonly string[], at: number): string => (fields[at - (at % 2)] ?? '').toLowerCase();

const valuesOf = (fields: readonly string[]): string[] =>
  fields.filter((_, at) => at % 2 === 1 && nameAt(fields, at) === TRACEPARENT);

const withoutTrace = (fields: readonly string[]): string[] =>
  fields.filter((_, at) => nameAt(fields, at) !== TRACEPARENT && nameAt(fields, at) !== TRACESTATE);
