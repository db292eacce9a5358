import { expect, it } from 'vitest'
import { backoffMs } from '../src/handshake/backoff.ts'
import { acceptToken, actionAfter, freshMemory } from '../src/handshake/retry.ts'
import type { Result } from '../src/ports/result.ts'
import { actionOfClose, actionOfStatus } from '../src/wire/close-codes.ts'
import { believedMs, closeReason, retryAfterOf } from '../src/wire/close-reason.ts'
import { failures } from '../src/wire/error-codes.ts'
import { parseClientControl, parseContinuous, parseFirstMessage } from '../src/wire/parse-client-message.ts'
import type { Secret } from '../src/wire/secret.ts'
import { bearerSubprotocol, tokenOfSubprotocol } from '../src/wire/subprotocol.ts'
import { ClientVector, ServerVector } from './play-vector.ts'
import { type Reading, type Vector, vectors } from './vector.ts'

it.each(vectors.map((vector) => [vector.clause, vector.name, vector] as const))('%s %s', (_, __, vector) => {
  run(vector)
})

function run(vector: Vector): void {
  switch (vector.kind) {
    case 'server': {
      const server = new ServerVector(vector)
      expect(server.opened, 'the opening').toEqual(vector.opened)
      vector.steps.forEach(({ then, ...event }, step) => {
        expect(server.play(event), `step ${step + 1}: ${JSON.stringify(event)}`).toEqual(then)
      })
      return
    }
    case 'client': {
      const client = new ClientVector(vector)
      vector.steps.forEach(({ then, ...event }, step) => {
        expect(client.play(event), `step ${step + 1}: ${JSON.stringify(event)}`).toEqual(then)
      })
      return
    }
    case 'first-message':
      expect(reading(parseFirstMessage(vector.text, { bearerText: vector.bearerText ?? true }))).toEqual(
        vector.expect,
      )
      return
    case 'client-control':
      expect(reading(parseClientControl(vector.text))).toEqual(vector.expect)
      return
    case 'continuous':
      expect(reading(parseContinuous(vector.text))).toEqual(vector.expect)
      return
    case 'subprotocol':
      expect(tokenOfSubprotocol(vector.value) ?? null).toBe(vector.token)
      if (vector.token !== null) expect(bearerSubprotocol(vector.token)).toBe(vector.value)
      return
    case 'close-reason':
      expect(closeReason(vector.text, vector.retryAfterMs)).toBe(vector.reason)
      return
    case 'retry-after':
      expect(vector.reason === undefined ? believedMs(vector.value) : retryAfterOf(vector.reason)).toBe(
        vector.ms,
      )
      return
    case 'close-action':
      expect(actionOfClose(vector.code, vector.reason)).toBe(vector.action)
      return
    case 'status-action':
      expect(actionOfStatus(vector.status)).toBe(vector.action)
      return
    case 'failure': {
      const { httpStatus = null, ...row } = failures[vector.error]
      const { closeCode, reason, action } = vector
      expect({ httpStatus, ...row }).toEqual({ httpStatus: vector.httpStatus, closeCode, reason, action })
      return
    }
    case 'backoff':
      expect(backoffMs(vector.attempt, vector.random, vector, vector.retryAfterMs)).toBe(vector.ms)
      return
    case 'memory': {
      let memory = freshMemory
      for (const { refuse, accept, then } of vector.steps) {
        if (refuse !== undefined) memory = actionAfter(memory, 'refresh', refuse)[1]
        if (accept) memory = acceptToken(memory)
        if (then && 'action' in then) expect(actionAfter(memory, then.action, 'newest')[0]).toBe(then.becomes)
        if (then && 'token' in then) expect(!memory[0].includes(then.token)).toBe(then.presented)
      }
      return
    }
  }
}

function reading(
  parsed: Result<{ readonly token: Secret; readonly version?: number; readonly data?: string } | undefined>,
): Reading {
  if (!parsed.ok) return { broken: parsed.clause }
  if (!parsed.value) return 'ignored'
  const { token, version, data } = parsed.value
  return {
    token: token.reveal(),
    ...(version !== undefined && { version }),
    ...(data !== undefined && { data }),
  }
}
