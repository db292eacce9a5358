export { FakeClock } from './fake-clock.ts'
export { FakeSocket } from './fake-socket.ts'
export { seededRandom } from './random.ts'
