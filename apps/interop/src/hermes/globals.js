// What native code installs before React Native's JavaScript starts, and nothing else: timers, performance, console,
// queueMicrotask, the way to native modules. Hermes reads this file as it stands.
//
// Time is the script's own: timers fire in order, as fast as the machine can, and never after `lifeMs`.
;(() => {
  var lifeMs = 120000
  var nowMs = 0
  var nextId = 1
  var timers = {}
  var nextTurn = globalThis.setTimeout // of the Hermes shell: a queue that knows no time

  function add(callback, delayMs, everyMs, values) {
    var id = nextId++
    timers[id] = {
      id: id,
      atMs: nowMs + Math.max(0, Number(delayMs) || 0),
      everyMs: everyMs,
      run: () => {
        callback.apply(undefined, values)
      },
    }
    return id
  }
  function remove(id) {
    delete timers[id]
  }
  function earliest() {
    var first
    Object.keys(timers).forEach((id) => {
      if (!first || timers[id].atMs < first.atMs) first = timers[id]
    })
    return first
  }
  var idleTurns = 0
  function turn() {
    var timer = earliest()
    // Promises settle through the shell's queue as well: time moves only when they have had their turns.
    if (++idleTurns < 50) {
      nextTurn(turn)
    } else if (timer && timer.atMs <= lifeMs) {
      idleTurns = 0
      nowMs = timer.atMs
      if (timer.everyMs === undefined) delete timers[timer.id]
      else timer.atMs += timer.everyMs
      timer.run()
      nextTurn(turn)
    }
  }
  nextTurn(turn)

  function install(name, value) {
    Object.defineProperty(globalThis, name, { value: value, configurable: true, writable: true })
  }
  install('setTimeout', (callback, delayMs, ...values) => add(callback, delayMs, undefined, values))
  install('setInterval', (callback, delayMs, ...values) =>
    add(callback, delayMs, Number(delayMs) || 0, values),
  )
  install('clearTimeout', remove)
  install('clearInterval', remove)
  install('queueMicrotask', (callback) => {
    Promise.resolve().then(callback)
  })
  install('performance', { now: () => nowMs })
  Date.now = () => 1700000000000 + nowMs
  install('pendingTimers', () => Object.keys(timers).length)

  var log = (...values) => {
    print(values.join(' '))
  }
  install('console', { log: log, info: log, warn: log, error: log, debug: log })
  install('window', globalThis)
  install('self', globalThis)
  install('navigator', { product: 'ReactNative' })

  install('RN$Bridgeless', true)
  install('nativeModuleProxy', {})
  install('nativeModules', { PlatformConstants: { getConstants: () => ({}) } })
  install('__turboModuleProxy', (name) => globalThis.nativeModules[name] || null)
})()
