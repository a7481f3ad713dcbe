import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Tests import the built package by its own name ('warmline'), as a user does: what is tested is
    // what is published, exports map and generated loader included,
    include: ['__test__/**/*.test.ts'],
    // ... by Node's own loader, not rewritten by vite's.
    server: { deps: { external: [/\/dist\//] } },
    // Child processes, because a native addon must also come and go with the process it is in.
    pool: 'forks',
    // A hung socket shows as this failure; no test measures time by it.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Every test owns its servers and pools, so any order must do.
    sequence: { shuffle: true },
  },
});
