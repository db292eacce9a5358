import { afterEach, expect, it, vi } from 'vitest'
import { requireProgram } from './programs.ts'

afterEach(() => vi.unstubAllEnvs())

it('takes the file that the environment names', () => {
  vi.stubEnv('CHROMIUM', '/somewhere/chrome')
  expect(requireProgram('chromium')).toBe('/somewhere/chrome')
})

it('leaves a suite to be skipped where the program is missing', () => {
  vi.stubEnv('CHROMIUM', '')
  vi.stubEnv('PATH', '')
  vi.stubEnv('CI', '')
  expect(requireProgram('chromium')).toBeUndefined()
})

it('fails in CI, where nothing is skipped, and says how to get the program', () => {
  vi.stubEnv('CHROMIUM', '')
  vi.stubEnv('PATH', '')
  vi.stubEnv('CI', 'true')
  expect(() => requireProgram('chromium')).toThrow(/apt-get install chromium/)
})
