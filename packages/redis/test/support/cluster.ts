import { RedisServer, until } from './redis-server.ts'

/** Two primaries with half of the keys each. */
export async function startCluster(more: readonly string[] = []): Promise<RedisServer[]> {
  const args = ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1', ...more]
  const one = await RedisServer.start({ args })
  const two = await RedisServer.start({ args })
  await one.command('CLUSTER', 'ADDSLOTSRANGE', '0', '8191')
  await two.command('CLUSTER', 'ADDSLOTSRANGE', '8192', '16383')
  await one.command('CLUSTER', 'MEET', '127.0.0.1', `${two.port}`)
  for (const server of [one, two]) {
    await until(
      async () => (await server.command('CLUSTER', 'INFO')).includes('cluster_state:ok'),
      30_000,
      'the cluster',
    )
  }
  return [one, two]
}
