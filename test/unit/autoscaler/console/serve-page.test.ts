import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import { openPage } from '../../../../autoscaler/console/open-page.ts'
import { type PageFiles, readPageFiles, releaseFolder } from '../../../../autoscaler/console/page-files.ts'
import { encodingFor } from '../../../../autoscaler/console/serve-page.ts'
import { startAutoscalerApp } from '../../../fixtures/autoscaler-app.ts'
import { silence } from '../../../fixtures/silence.ts'

let page: PageFiles
let get: (url: string, headers?: Record<string, string>) => Promise<Awaited<ReturnType<typeof ask>>>
const ask = (app: Awaited<ReturnType<typeof startAutoscalerApp>>['app'], url: string, headers = {}) =>
  app.inject({ url, headers })
beforeAll(async () => {
  page = await readPageFiles()
  const { app } = await startAutoscalerApp({ page })
  get = (url, headers) => ask(app, url, headers)
})

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

it('serves the page without a key, and lets it load and reach nothing but its own host', async () => {
  const { statusCode, headers, body } = await get('/console/')
  expect([statusCode, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
  expect(body).toMatch(/^<!doctype html>/i)
  expect(headers).toMatchObject({
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': 'no-cache',
    vary: 'accept-encoding',
  })
})

it('serves every file as what it is, each by its own policy and never without one', async () => {
  const types = { ts: 'text/javascript', js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml', '': 'text/html' }
  for (const name of page.keys()) {
    const { statusCode, headers } = await get(`/console/${name}`)
    const type = types[name.slice(name.lastIndexOf('.') + 1) as keyof typeof types]
    expect([name, statusCode, headers['content-type']]).toEqual([name, 200, `${type}; charset=utf-8`])
    expect([name, headers['content-security-policy']]).toEqual([name, POLICY])
  }
})

it.each(['*', 'x-gzip', 'gzip;q=0, *'])('sends no other bytes under a validator than its own: %s', async (accepts) => {
  const { headers, rawPayload } = await get('/console/style/base.css', { 'accept-encoding': accepts })
  const plain = page.get('style/base.css')
  expect([headers['content-encoding'], headers.etag]).toEqual([undefined, plain?.etags.identity])
  expect(rawPayload).toEqual(plain?.bodies.identity)
})

it('brings the chart library along, which makes no markup and no code of texts', async () => {
  const { body } = await get('/console/vendor/uplot.js')
  expect(body).toContain('export { uPlot as default }')
  expect(body).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/)
  expect((await get('/console/vendor/uplot.css')).body).not.toMatch(/url\(|@import/)
})

it('leads from the root and from a forgotten slash to the page, under whatever path a proxy put it', async () => {
  for (const [url, target] of [
    ['/', 'https://muster.example/prefix/console/'],
    ['/console', 'https://muster.example/prefix/console/'],
  ] as const) {
    const { statusCode, headers } = await get(url)
    expect(statusCode).toBe(308)
    expect(new URL(String(headers.location), `https://muster.example/prefix${url}`).href).toBe(target)
  }
})

it.each([
  '/console/../package.json',
  '/console/..%2f..%2fpackage.json',
  '/console/%2e%2e/main.ts',
  '/console/....//app.ts',
  '/console//etc/passwd',
  '/console/index.html%00.css',
  '/console/vendor/',
  '/console/vendor/../../main.ts',
  '/console/vendor/uPlot.cjs.js',
  '/console/page/index.html',
  '/console/strip-types.ts',
  '/console/constructor',
  '/console/__proto__',
  '/console/r-short/app.ts',
  '/console/r-0123456789012345678901/',
  '/console/r-0123456789012345678901/main.ts',
  '/console/r-0123456789012345678901/../../main.ts',
])('has nothing at %s', async (url) => {
  const { statusCode, body, headers } = await get(url)
  expect(statusCode).toBe(404)
  expect(JSON.parse(body).code).toBe('NOT_FOUND')
  expect(headers['content-type']).toContain('problem+json')
})

it('answers nothing but its own files, whatever a path is made of', async () => {
  const part = fc.constantFrom(
    '..',
    '.',
    '%2e%2e',
    '%2f',
    '%5c',
    '\\',
    'vendor',
    'page',
    'package.json',
    '%00',
    '~',
    '',
  )
  await fc.assert(
    fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 6 }), async (parts) => {
      const path = parts.join('/')
      fc.pre(path !== '')
      const { statusCode, body } = await get(`/console/${path}`)
      // What only goes up and down again may end at the page, or at the root, which leads there.
      if (statusCode === 200) expect(body).toBe((await get('/console/')).body)
      else expect([308, 400, 404]).toContain(statusCode)
    }),
    { numRuns: 200 },
  )
})

it('sends a file in the form that is asked for, each with a validator of its own', async () => {
  const plain = await get('/console/vendor/uplot.js')
  const [br, gzip] = await Promise.all(
    ['br, gzip', 'gzip'].map((accepts) => get('/console/vendor/uplot.js', { 'accept-encoding': accepts })),
  )
  expect(brotliDecompressSync(br?.rawPayload as Buffer).toString()).toBe(plain.body)
  expect(gunzipSync(gzip?.rawPayload as Buffer).toString()).toBe(plain.body)
  expect([br?.headers['content-encoding'], gzip?.headers['content-encoding']]).toEqual(['br', 'gzip'])
  expect(plain.headers['content-encoding']).toBeUndefined()
  const etags = [plain, br, gzip].map((one) => String(one?.headers.etag))
  expect(new Set(etags).size).toBe(3)
  for (const etag of etags) expect(etag).toMatch(/^"[\w-]+"$/)
})

it('does not send again what the caller has', async () => {
  const headers = { 'accept-encoding': 'br' }
  const etag = String((await get('/console/', headers)).headers.etag)
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const again = await get('/console/', { ...headers, 'if-none-match': known })
    expect([known, again.statusCode, again.body, again.headers.etag]).toEqual([known, 304, '', etag])
  }
  expect((await get('/console/', { ...headers, 'if-none-match': '"other"' })).statusCode).toBe(200)
})

it.each([
  [undefined, 'identity'],
  ['', 'identity'],
  ['gzip, deflate, br', 'br'],
  ['GZIP', 'gzip'],
  ['br;q=0, gzip;q=0.5', 'gzip'],
  ['br;q=0.0,gzip;q=0', 'identity'],
  ['zstd', 'identity'],
] as const)('takes of "%s" the form %s', (accepts, form) => {
  expect(encodingFor(accepts)).toBe(form)
})

it('lets browsers keep what a release has for good, and asks again for what may change', async () => {
  const [own, other] = [releaseFolder(page), `r-${'x'.repeat(22)}/`]
  const kept = 'public, max-age=31536000, immutable'
  for (const [address, caching] of [
    ['', 'no-cache'],
    ['app.ts', 'no-cache'],
    [`${own}app.ts`, kept],
    [`${own}vendor/uplot.js`, kept],
    [`${own}style/base.css`, kept],
    // Of another release: the page came from a process that is older or newer than this one.
    [`${other}app.ts`, 'no-cache'],
  ] as const) {
    const { statusCode, headers } = await get(`/console/${address}`)
    expect([address, statusCode, headers['cache-control']]).toEqual([address, 200, caching])
    expect([address, headers['content-security-policy']]).toEqual([address, POLICY])
  }
  expect((await get(`/console/${own}app.ts`)).body).toBe((await get('/console/app.ts')).body)
})

it('takes other methods on no file', async () => {
  const { app } = await startAutoscalerApp({ page })
  const answer = await app.inject({ method: 'POST', url: '/console/', payload: {} })
  expect([answer.statusCode, answer.headers.allow]).toEqual([405, 'GET, HEAD'])
})

it('goes on without a console where its files cannot be read', async () => {
  const none = await openPage(silence().log, async () => {
    throw new Error('no such folder')
  })
  const { app, ask: call } = await startAutoscalerApp({ page: none })
  expect((await app.inject('/console/')).statusCode).toBe(404)
  expect((await app.inject('/')).statusCode).toBe(404)
  expect((await call('GET', '/v1/pools')).status).toBe(200)
})
