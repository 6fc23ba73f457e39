import { defineConfig } from 'vitest/config';

/** Tests read the sources of every package; no build is needed. */
const conditions = ['@pfnmap/source'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    globalSetup: 'tools/check/scratch-folder.mjs',
    include: ['{packages,tools}/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    // No module of this repository holds state, so files may share a worker: 3 s in place of 80 s.
    isolate: false,
    pool: 'threads',
    restoreMocks: true,
    // A busy machine is no failure: the slowest tests look up two million pages.
    testTimeout: 60_000,
  },
});
