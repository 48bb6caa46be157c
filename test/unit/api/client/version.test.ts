import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { SDK_VERSION } from '../../../../api/client/version.ts'
import { aJob, finished } from './scripted-server.ts'
import { JPEG, useServer } from './setup.ts'

const context = useServer()

it('is that of the package', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8'))
  expect(SDK_VERSION).toBe(version)
})

it('goes along with every request to the service', async () => {
  const { server, muster } = context
  server.will(finished(aJob('liveness')))
  await muster().liveness({ image: JPEG })
  expect(server.requests[0]?.headers['x-muster-sdk']).toBe(`js/${SDK_VERSION}`)
})
