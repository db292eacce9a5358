import { mergeConfig, type ViteUserConfig } from 'vitest/config'
import base from '../config/vitest.base.ts'

// Servers are started, killed and waited for; each wait has a bound and a name of its own.
const config: ViteUserConfig = mergeConfig(base, { test: { testTimeout: 60_000, hookTimeout: 60_000 } })

export default config
