import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { requireProgram } from '../../../../packages/config/src/programs.ts'

export interface Certificate {
  /** PEM text, for clients that are to trust it. */
  readonly certificate: string
}

/** A self-signed certificate for `localhost` in that folder: `proxy.crt`, `proxy.key`, and both as `proxy.pem`. */
export async function makeCertificate(folder: string): Promise<Certificate> {
  const [key, crt, pem] = ['proxy.key', 'proxy.crt', 'proxy.pem'].map((file) => join(folder, file)) as [
    string,
    string,
    string,
  ]
  await promisify(execFile)(requireProgram('openssl') ?? 'openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-keyout', key, '-out', crt, '-days', '2', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
  ])
  const certificate = await readFile(crt, 'utf8')
  await writeFile(pem, certificate + (await readFile(key, 'utf8')))
  return { certificate }
}
