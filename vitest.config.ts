import { defineConfig } from 'vitest/config';

/** `unit`: beside the files. `story`: whole systems, real browsers, killed processes; one file at a time. */
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'services/*/{src,testing,vectors,conformance}/**/*.test.ts',
            'web/src/**/*.test.ts',
            'hack/{cluster,lib,start,test}/**/*.test.ts',
          ],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'story',
          include: ['services/*/test/**/*.test.ts', 'web/test/**/*.test.ts', 'hack/{e2e,story}/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
