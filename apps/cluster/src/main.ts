import { requireProgram } from '../../../packages/config/src/programs.ts'
import { serveAdmin } from './admin.ts'
import { Cluster } from './cluster.ts'

const redis = requireProgram('redis-server')
const haproxy = requireProgram('haproxy')
if (redis === undefined || haproxy === undefined) process.exit(1)

const cluster = await Cluster.start({ redis, haproxy })
const { url } = await serveAdmin(cluster, Number(process.env.PORT ?? 8090))
console.log(
  `Redis, three nodes and a balancer run. Watch them, and kill them, at ${url}\nCtrl-C ends everything.`,
)
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    cluster[Symbol.asyncDispose]().then(() => process.exit(0))
  })
}
