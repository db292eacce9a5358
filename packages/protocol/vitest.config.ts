import { defineConfig, type ViteUserConfig } from 'vitest/config'
import base from '../config/vitest.base.ts'

const config: ViteUserConfig = defineConfig({
  ...base,
  test: { ...base.test, setupFiles: ['test/seed.ts'] },
})

export default config
