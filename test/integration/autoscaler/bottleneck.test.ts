import { afterAll, beforeAll, expect, it } from 'vitest'
import { proveBottlenecks } from '../../bench/throttles/prove.ts'
import { THROTTLES } from '../../bench/throttles/throttles.ts'
import { type OwnDatabase, ownDatabase } from '../../fixtures/own-database.ts'

let own: OwnDatabase
beforeAll(async () => {
  own = await ownDatabase('bottleneck')
})
afterAll(() => own.drop())

it('names the hop that is throttled, whichever it is, and none when none is', async () => {
  const { RABBITMQ_URL: rabbitmqUrl, REDIS_URL: redisUrl } = process.env as Record<string, string>
  const proofs = await proveBottlenecks({
    databaseUrl: own.url,
    rabbitmqUrl: rabbitmqUrl ?? '',
    redisUrl: redisUrl ?? '',
  })
  console.table(
    proofs.map(({ throttled, hop, cause, share, confidence }) => ({ throttled, hop, cause, share, confidence })),
  )
  expect(proofs.filter(({ isRight }) => !isRight)).toEqual([])
  expect(proofs).toHaveLength(THROTTLES.length + 2)
})
