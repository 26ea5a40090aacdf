import { expect, it } from 'vitest';
import { crosscheckTable } from '../../src/report/crosscheck.ts';

it('the cross-check shows our goodput and CPU as ratios to each tool, and none to ourselves', () => {
  const row = { mode: 'new', goodPerSecond: 3282.4, failed: 0, cpuMicrosPerAnswer: 73.44 } as const;
  const [head = '', , own = '', other = ''] = crosscheckTable(
    [
      { ...row, tool: 'tollgate', goodputRatio: null, cpuRatio: null },
      {
        ...row,
        tool: 'wrk',
        goodputRatio: { estimate: 1, low: 0.95, high: 1.05 },
        cpuRatio: { estimate: 1.4, low: 1.3, high: 1.512 },
      },
    ],
    100,
  ).split('\n');
  expect(head).toMatch(/^connections +tool/);
  expect(own).not.toContain('(');
  expect(other).toMatch(/wrk +3,282 +1\.00 \(0\.95 to 1\.05\) +73\.4 +1\.40 \(1\.30 to 1\.51\) +0$/);
});
