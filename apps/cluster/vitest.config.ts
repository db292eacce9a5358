import { mergeConfig, type ViteUserConfig } from 'vitest/config'
import base from '../../packages/config/vitest.base.ts'

const config: ViteUserConfig = mergeConfig(base, { test: { testTimeout: 60_000, hookTimeout: 60_000 } })

export default config
