import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parseAllowList } from '../../../../infra/webhooks/allow-list.ts'
import { createWebhookSender } from '../../../../infra/webhooks/sender.ts'

let server: Server
let port: number
const names: (string | false | null)[] = []
const trusted = getCACertificates('default')

/** A receiver with a certificate for `hooks.example` and 127.0.0.1, made for this run and trusted by this process only. */
beforeAll(async () => {
  const dir = mkdtempSync(join(tmpdir(), 'muster-tls-'))
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')]
  const subject = ['-subj', '/CN=hooks.example', '-addext', 'subjectAltName=DNS:hooks.example,IP:127.0.0.1']
  const made = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '1',
    '-keyout',
    key,
    '-out',
    cert,
  ]
  execFileSync('openssl', ['req', '-x509', ...made, ...subject], { stdio: 'ignore' })
  server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
    names.push((request.socket as TLSSocket).servername)
    response.writeHead(204).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
  setDefaultCACertificates([...trusted, readFileSync(cert, 'utf8')])
  rmSync(dir, { recursive: true })
})
afterAll(() => {
  setDefaultCACertificates(trusted)
  server.closeAllConnections()
  server.close()
})

const call = async (host: string) => {
  const config = { allow: parseAllowList('127.0.0.0/8'), ports: ['443'], timeoutMs: 5_000 }
  const sender = createWebhookSender(config, async () => ['127.0.0.1'])
  const called = await sender.call({ url: `https://${host}:${port}/`, headers: {}, body: '{}' })
  return called.kind === 'failed' ? called.failure : called.status
}

it('asks for the certificate of the name, though it dials the address', async () => {
  expect(await call('hooks.example')).toBe(204)
  expect(names.at(-1)).toBe('hooks.example')
})

it('does not send a word to who cannot prove the name', async () => {
  const before = names.length
  expect(await call('other.example')).toBe('TLS_FAILED')
  expect(names).toHaveLength(before)
})

it('believes the certificate of an address', async () => {
  expect(await call('127.0.0.1')).toBe(204)
  expect(await call('127.0.0.2')).toBe('NOT_CONNECTED')
})

it('does not believe a certificate that nobody vouches for', async () => {
  setDefaultCACertificates(trusted)
  expect(await call('hooks.example')).toBe('TLS_FAILED')
})
