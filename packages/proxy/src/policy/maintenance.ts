// `maintenance`: 503 for everybody but those who do the work.
import type { MaintenanceConfig } from '@tollgate/core';
import { compileClients } from './access.ts';
import { retryAfter } from './retryAfter.ts';
import type { GuardRefusal, PolicyPart } from './seam.ts';

export function maintenancePart({ exempt, retryAfterMs }: MaintenanceConfig): PolicyPart {
  const isExempt = compileClients(exempt);
  const closed: GuardRefusal = { code: 'maintenance', fields: retryAfter(retryAfterMs) };
  return { guard: ({ client }) => (isExempt(client.address) ? undefined : closed) };
}
