import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configJsonSchema } from '../../src/config/json-schema.ts';
import { configReference } from '../../src/config/reference.ts';

const FILE = join(import.meta.dirname, '../../../../CONFIGURATION.md');

/** Every key of the schema, wherever it stands. */
function keysOf(node: unknown): readonly string[] {
  if (typeof node !== 'object' || node === null) return [];
  const own =
    'properties' in node && typeof node.properties === 'object' ? Object.keys(node.properties ?? {}) : [];
  return [...own, ...Object.values(node).flatMap(keysOf)];
}

describe('the configuration reference', () => {
  it('is what CONFIGURATION.md says', async () => {
    await expect(configReference()).toMatchFileSnapshot(FILE);
  });

  it('has a row for every key of the schema, and a meaning or a place for each', () => {
    const rows = configReference().match(/^\| `.*$/gm) ?? [];
    const told = (key: string): boolean =>
      rows.some((row) => row.startsWith(`| \`${key}\` |`) && /\w/.test(row.split(' | ').slice(1).join('')));
    const untold = [...new Set(keysOf(configJsonSchema()))].filter((key) => !told(key));
    expect(untold).toEqual([]);
  });
});
