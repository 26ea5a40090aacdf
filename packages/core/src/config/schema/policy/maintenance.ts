// `maintenance`: the switch that answers 503 to everybody but those who do the work.
import * as z from 'zod';
import { mapping, toggle } from '../mapping.ts';
import { duration } from '../quantity.ts';
import { clients } from './access.ts';
import { orOff } from './off.ts';

const fields = mapping('maintenance', {
  exempt: clients.optional().describe('Clients that are served as ever: addresses, CIDRs, unix.'),
  retryAfter: duration().prefault('5m').describe('When the others should come again (Retry-After).'),
});

export const maintenance = orOff(
  z.union([fields, toggle.transform((on) => (on ? fields.parse({}) : ('off' as const)))], {
    error: 'expected on, or a mapping with exempt and retryAfter',
  }),
  'on, a mapping with exempt and retryAfter',
);
