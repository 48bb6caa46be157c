import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import { createNomadApi } from '../../../../infra/nomad/nomad-api.ts'

const LENGTH = 5_000_000
const server = createServer((_request, response) => response.end('x'.repeat(LENGTH)))
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => new Promise((resolve) => server.close(resolve)))

it('takes no more of an answer than is asked for', async () => {
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const where = { address, token: () => undefined, namespace: 'default' }
  await expect(createNomadApi(where)('GET', '/v1/job/a/allocations')).rejects.toThrow(UnavailableError)
  const large = createNomadApi({ ...where, maxBytes: LENGTH })
  expect((await large('GET', '/v1/job/a/allocations')).text).toHaveLength(LENGTH)
})
