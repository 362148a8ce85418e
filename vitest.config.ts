import { defineConfig } from 'vitest/config'

const alias = { 'etcd-deploy': new URL('./src/index.ts', import.meta.url).pathname }

export default defineConfig({
  test: {
    globalSetup: 'test/temporary-folder.ts',
    projects: [
      {
        resolve: { alias },
        // Long enough for a machine that has other work: what is slow there is no failure.
        test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 30_000 },
      },
      {
        resolve: { alias },
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
})
