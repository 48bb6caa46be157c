import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import { createNodeFleet } from '../../../../infra/node-fleet/fleet.ts'
import { silence } from '../../../fixtures/silence.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

it.each([
  ['no JSON', 200, '<html>'],
  ['nothing', 200, 'null'],
  ['no counts', 200, '{}'],
  ['a count that is no number', 200, '{"desired":"2","running":2,"ready":2}'],
  ['a count below nothing', 200, '{"desired":-1,"running":2,"ready":2}'],
  ['that it has failed', 500, '{"desired":2,"running":2,"ready":2}'],
])('takes a node that tells %s for unavailable', async (_what, status, text) => {
  const server = createServer((_request, response) => void response.writeHead(status).end(text))
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const fleet = createNodeFleet({ url, log: silence().log })
  await expect(fleet.view('checks')).rejects.toThrow(UnavailableError)
})
