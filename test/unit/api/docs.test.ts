import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { startApi } from '../../fixtures/api.ts'

const start = async () => {
  const { app } = await startApi()
  const page = await app.inject('/docs/')
  const policy = Object.fromEntries(
    String(page.headers['content-security-policy'])
      .split('; ')
      .map((directive) => {
        const [name = '', ...sources] = directive.split(' ')
        return [name, sources]
      }),
  )
  return { app, page, policy }
}

it('is a page with its script beside it', async () => {
  const { app, page } = await start()
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
  const scripts = [...page.body.matchAll(/<script[^>]*\ssrc="([^"]+)"/g)].map(([, src]) => src)
  expect(scripts).toEqual(['js/scalar.js'])
  const script = await app.inject('/docs/js/scalar.js')
  expect([script.statusCode, script.headers['content-type']]).toEqual([200, 'application/javascript; charset=utf-8'])
  expect(script.body.length).toBeGreaterThan(1_000_000)
})

it('is found without the slash too', async () => {
  const { app } = await start()
  const { statusCode, headers } = await app.inject('/docs')
  expect([statusCode, headers.location]).toEqual([301, '/docs/'])
})

it('names no other host', async () => {
  const { page } = await start()
  expect(page.body).not.toMatch(/https?:|\/\/[a-z0-9-]+\./i)
})

it('may load nothing from any other host, whatever its script tries', async () => {
  const { policy } = await start()
  expect(policy['default-src']).toEqual(["'none'"])
  const allowed = Object.values(policy).flat()
  expect(allowed.filter((source) => !/^('self'|'none'|'unsafe-inline'|data:|'sha256-.+')$/.test(source))).toEqual([])
  expect(policy['connect-src']).toEqual(["'self'"])
  expect(policy['script-src']).not.toContain("'unsafe-inline'")
})

it('is allowed to run its own inline script, by its digest', async () => {
  const { page, policy } = await start()
  const [, script = ''] = /<script type="text\/javascript">([\s\S]*?)<\/script>/.exec(page.body) ?? []
  expect(script).toContain('createApiReference')
  const digest = createHash('sha256').update(script).digest('base64')
  expect(policy['script-src']).toEqual(["'self'", `'sha256-${digest}'`])
})

it('asks for no fonts, no proxy, no telemetry and no services of its maker', async () => {
  const { page } = await start()
  const [, config = ''] = /createApiReference\('#app', (\{[\s\S]*?\})\)\s*<\/script>/.exec(page.body) ?? []
  expect(JSON.parse(config)).toMatchObject({
    url: '../openapi.json',
    withDefaultFonts: false,
    telemetry: false,
    proxyUrl: '',
    agent: { disabled: true },
    mcp: { disabled: true },
  })
})
