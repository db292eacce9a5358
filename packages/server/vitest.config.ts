import { defineConfig, type ViteUserConfig } from 'vitest/config'
import base from '../config/vitest.base.ts'

const { include = [], ...shared } = base.test ?? {}
// Tests that fill a whole machine run after the others, some of which hold the code to real times.
const alone: string[] = ['test/{fuzz,soak}/**/*.test.ts']

const config: ViteUserConfig = defineConfig({
  ...base,
  test: {
    ...shared,
    projects: [
      { extends: true, test: { name: 'server', include, exclude: [...alone, '**/node_modules/**'] } },
      {
        extends: true,
        test: { name: 'alone', include: alone, fileParallelism: false, sequence: { groupOrder: 1 } },
      },
    ],
  },
})

export default config
