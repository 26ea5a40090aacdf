import { defineConfig } from 'vitest/config';

// Two projects: `unit` runs on both cores, three files at a time as many of its tests wait for time to pass; `lab` owns the machine (namespaces, pinned cores, real peers), one file at a time.
// Vitest hands these on to Node: with `import` among them a require() would take a package's ES module.
const conditions = ['@tollgate/source', 'node'];
const execArgv = ['--conditions=@tollgate/source'];
const lab = ['test/lab/**/*.test.ts', '{packages/*,bench}/test/lab/**/*.test.ts'];
const shared = { resolve: { conditions }, ssr: { resolve: { conditions } } };

export default defineConfig({
  ...shared,
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts', 'packages/*/test/**/*.test.ts', 'bench/test/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...lab],
          pool: 'forks',
          execArgv,
          maxWorkers: 3,
          testTimeout: 60_000,
          hookTimeout: 30_000,
          expect: { poll: { timeout: 30_000 } },
        },
      },
      {
        ...shared,
        test: {
          name: 'lab',
          include: lab,
          pool: 'forks',
          execArgv,
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 30_000 } },
        },
      },
    ],
  },
});
