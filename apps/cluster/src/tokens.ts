import { type TokenIssuer, tokenIssuer } from '@wsauth/server'

export const issuer = 'https://cluster.localhost'
export const audience = 'cluster'

export function issuerWith(key: string): TokenIssuer {
  return tokenIssuer({ key, algorithm: 'HS256', issuer, audience })
}
