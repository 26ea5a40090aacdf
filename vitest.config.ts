import { defineConfig } from 'vitest/config';

// Three projects. `unit` runs on both cores, four files at a time as many of its tests wait for time to pass. `namespaces` makes machines of its own out of namespaces, which do not mind each other: three files at a time. `lab` owns the machine (pinned cores, real peers, its memory), one file at a time.
// Vitest hands these on to Node: with `import` among them a require() would take a package's ES module.
const conditions = ['@tollgate/source', 'node'];
const execArgv = ['--conditions=@tollgate/source'];
const lab = ['test/lab/**/*.test.ts', '{packages/*,bench}/test/lab/**/*.test.ts'];
const namespaces = ['test/namespaces/**/*.test.ts', 'packages/*/test/namespaces/**/*.test.ts'];
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
          exclude: ['**/node_modules/**', ...lab, ...namespaces],
          pool: 'forks',
          execArgv,
          maxWorkers: 4,
          testTimeout: 60_000,
          hookTimeout: 30_000,
          expect: { poll: { timeout: 30_000 } },
        },
      },
      {
        ...shared,
        test: {
          name: 'namespaces',
          include: namespaces,
          pool: 'forks',
          execArgv,
          maxWorkers: 3,
          testTimeout: 180_000,
          hookTimeout: 60_000,
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
