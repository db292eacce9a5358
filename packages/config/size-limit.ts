// What a web page pays, with every dependency, minified and compressed. Measured on the built packages.

import type { SizeLimitConfig } from 'size-limit'

const shared = {
  gzip: true,
  modifyEsbuildConfig: <T extends object>(config?: T): T =>
    Object.assign({} as T, config, { platform: 'browser', format: 'esm', target: 'es2022' }),
}

const config: SizeLimitConfig = [
  {
    ...shared,
    name: 'AuthClient with firstMessage()',
    path: '../client/dist/index.js',
    import: '{ AuthClient, firstMessage }',
    limit: '4.5 kB',
  },
  {
    ...shared,
    name: 'createWebSocketClass() with firstMessage()',
    path: '../client/dist/index.js',
    import: '{ createWebSocketClass, firstMessage }',
    limit: '2.5 kB',
  },
]

export default config
