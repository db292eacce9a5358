import { mergeConfig, type ViteUserConfig } from 'vitest/config'
import base from '../../packages/config/vitest.base.ts'

// Browsers and bundlers take their time to start.
const config: ViteUserConfig = mergeConfig(base, { test: { testTimeout: 20_000, hookTimeout: 60_000 } })

export default config
