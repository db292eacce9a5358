import { mergeConfig, type ViteUserConfig } from 'vitest/config'
import base from '../../packages/config/vitest.base.ts'

// One browser at a time: the 5 s are measured, and a password's hash takes a second of a machine with something else to do.
const config: ViteUserConfig = mergeConfig(base, { test: { fileParallelism: false, testTimeout: 60_000 } })

export default config
