import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ManagedProcess } from './managed-process.ts'

/** HAProxy in front of the nodes: new connections go to the one with the fewest, a dead one is left out within half a second. */
export function balancer(
  program: string,
  folder: string,
  port: number,
  nodes: readonly { readonly name: string; readonly port: number }[],
): ManagedProcess {
  const servers = nodes.map(
    ({ name, port }) => `  server ${name} 127.0.0.1:${port} check inter 500ms fall 1 rise 1`,
  )
  const file = join(folder, 'haproxy.cfg')
  writeFileSync(
    file,
    `global
  maxconn 4000
defaults
  mode http
  timeout connect 1s
  timeout client 1h
  timeout server 1h
  timeout tunnel 1h
  retries 3
  option redispatch
  option forwardfor
frontend sockets
  bind 127.0.0.1:${port}
  default_backend nodes
backend nodes
  balance leastconn
${servers.join('\n')}
`,
  )
  return new ManagedProcess('balancer', port, [program, '-f', file, '-db', '-q'])
}
