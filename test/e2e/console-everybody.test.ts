import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ConsoleBrowser, PATIENCE_MS, shoot, violations } from './console-browser.ts'
import { anIncident, type Incident } from './console-incident.ts'

/** The console for everybody: by keys alone, on a phone, by day and by night, with the wrong key. */
const ends: (() => unknown)[] = []
let incident: Incident
let browser: ConsoleBrowser
beforeAll(async () => {
  incident = await anIncident(ends)
  browser = await ConsoleBrowser.open(incident.url)
  ends.push(() => browser.close())
})
afterAll(async () => {
  for (const end of ends.toReversed()) await end()
})

/** Every view, with something that is there once it has loaded. */
const views = (): readonly (readonly [name: string, hash: string, words: RegExp])[] => [
  ['fleet', '#/', /dead letter to look at/],
  ['pool', `#/pools/${incident.pool}`, /Held up by: fetch/],
  ['nodes', '#/nodes', /gpu-07/],
  ['job', `#/jobs/${incident.jobs.finished}`, /Where its time went/],
  ['dead-letters', '#/dead-letters', /parked for a person/],
  ['drift', '#/drift', /not looked at yet|Looked at|Too few jobs/],
]

const visit = async (page: Page, hash: string, words: RegExp): Promise<void> => {
  await page.evaluate((wanted) => {
    location.hash = wanted
  }, hash)
  await page.getByText(words).first().waitFor()
}

it('tells the browser of every script at once, and has it keep them', async () => {
  const page = await browser.page()
  const scripts = async () => {
    await page.getByLabel('API key').waitFor()
    return page.evaluate(() => {
      const told = [...document.querySelectorAll<HTMLLinkElement>('link[rel=modulepreload]')].map(({ href }) => href)
      const all = performance.getEntriesByType('resource') as PerformanceResourceTiming[]
      const loaded = all.filter(({ name }) => /\.(ts|js)$/.test(name))
      return {
        told: [...told, ...[...document.scripts].map(({ src }) => src)].sort(),
        loaded: loaded.map(({ name }) => name).sort(),
        bytes: loaded.reduce((sum, { transferSize }) => sum + transferSize, 0),
      }
    })
  }
  const first = await scripts()
  expect(first.loaded).toEqual(first.told)
  expect(first.bytes).toBeGreaterThan(0)
  await page.reload()
  expect(await scripts()).toEqual({ ...first, bytes: 0 })
})

it('refuses a wrong key in words, and a key of another tenant', async () => {
  const page = await browser.page()
  for (const [key, words] of [
    ['mk_wrong', /This key is not good/],
    [incident.keys.stranger, /may not look at the fleet/],
  ] as const) {
    await page.getByLabel('API key').fill(key)
    await page.keyboard.press('Enter')
    await page.getByText(words).waitFor()
  }
  expect(await page.evaluate(() => Object.keys(sessionStorage))).toEqual([])
  await shoot(page, 'wrong-key')
})

it.each([
  ['light', 1440],
  ['dark', 360],
] as const)('breaks no rule of accessibility on any view, %s, %i px wide, and fits', async (colorScheme, width) => {
  // Without motion: a colour on its way from one to another is neither.
  const look = { colorScheme, viewport: { width, height: 800 }, reducedMotion: 'reduce' } as const
  const page = await browser.signedIn(incident.keys.operator, look)
  for (const [name, hash, words] of views()) {
    await visit(page, hash, words)
    // What is folded away must fit too.
    await page.evaluate(() => {
      for (const one of document.querySelectorAll('details')) one.open = true
    })
    expect([name, await violations(page)]).toEqual([name, []])
    expect([name, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([name, width])
    await shoot(page, `${name}-${colorScheme}-${width}`)
  }
})

it('can be worked with keys alone', async () => {
  const page = await browser.page()
  await page.keyboard.type(incident.keys.operator)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Fleet', exact: true }).waitFor()
  await page.evaluate((hash) => {
    location.hash = hash
  }, `#/pools/${incident.pool}`)
  const open = page.getByRole('button', { name: 'Pause scale-in…' })
  await open.waitFor()
  const isThere = () => open.evaluate((one) => one === document.activeElement)
  // Everything on the way can be left again: no trap.
  for (let presses = 0; !(await isThere()); presses += 1) {
    expect(presses).toBeLessThan(40)
    await page.keyboard.press('Tab')
  }
  expect(await open.evaluate((one) => getComputedStyle(one).outlineStyle)).toBe('solid')
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog')
  await dialog.getByText(/does not fall/).waitFor()
  await dialog.getByLabel('Reason').focus()
  await page.keyboard.type('an incident')
  await page.keyboard.press('Enter')
  await dialog.getByText('Done. The autoscaler says:').waitFor()
  await page.keyboard.press('Escape')
  await page.getByText('“an incident”').first().waitFor()
})

it('has somebody else confirm what is to hold for days', async () => {
  const [ada, eve] = [await browser.signedIn(incident.keys.operator), await browser.signedIn(incident.keys.second)]
  for (const page of [ada, eve]) await visit(page, `#/pools/${incident.pool}`, /Held up by: fetch/)
  await ada.getByRole('button', { name: 'Override…' }).click()
  await ada.getByLabel('For', { exact: true }).selectOption('3 days')
  await ada.getByLabel('Reason').fill('the campaign')
  await ada.getByText(/Nothing yet: over 24 hours it takes a second person/).waitFor()
  await ada.keyboard.press('Enter')
  await ada.getByText('Done. The autoscaler says:').waitFor()
  await ada.keyboard.press('Escape')
  await ada.getByText('Somebody else must confirm it.').waitFor()
  await eve.getByRole('button', { name: 'Confirm as second person' }).click()
  await eve
    .getByRole('dialog')
    .getByText(/“the campaign”/)
    .waitFor()
  await eve.getByRole('dialog').getByRole('button', { name: 'Confirm as second person' }).click()
  await eve
    .getByRole('dialog')
    .getByText(/confirmed by/)
    .waitFor()
  await eve.keyboard.press('Escape')
  await ada.getByText(/confirmed by/).waitFor()
})

it('loads again where one of its scripts did not come', async () => {
  const page = await browser.page()
  const lost = Promise.withResolvers<void>()
  await page.route('**/charts/plot.ts', async (route) => {
    await route.abort()
    lost.resolve()
  })
  // What looks out for it comes last.
  await page.route('**/reload.ts', async (route) => {
    await lost.promise
    await route.fallback()
  })
  await page.reload()
  await page.getByText('It is tried again by itself.').waitFor()
  await page.unroute('**/charts/plot.ts')
  await page.getByLabel('API key').waitFor()
})

it('waits for an autoscaler that is away, and does not ask again for a key that may be good', async () => {
  const page = await browser.signedIn(incident.keys.viewer)
  await page.route('**/v1/session', (route) => route.abort())
  await page.reload()
  await page.getByText('The autoscaler does not answer. It is tried again by itself.').waitFor()
  expect(await page.getByLabel('API key').count()).toBe(0)
  await page.unroute('**/v1/session')
  await page.getByRole('heading', { name: 'Fleet', exact: true }).waitFor()
})

it('finds a pool among many, and asks only for those that can be seen', async () => {
  const page = await browser.page()
  const names = Array.from({ length: 40 }, (_, index) => `pool-${index}`)
  const asked = new Set<string>()
  await page.route('**/v1/session', async (route) => {
    const session = await (await route.fetch()).json()
    await route.fulfill({ json: { ...session, pools: [...names, incident.pool] } })
  })
  await page.route('**/v1/pools/*/minutes?*', async (route) => {
    asked.add(new URL(route.request().url()).pathname.split('/').at(-2) ?? '')
    await route.fallback()
  })
  await page.getByLabel('API key').fill(incident.keys.viewer)
  await page.keyboard.press('Enter')
  await expect.poll(() => asked.has('pool-0'), { timeout: PATIENCE_MS }).toBe(true)
  expect(asked.has('pool-39')).toBe(false)
  await page.getByLabel('Find a pool').fill(incident.pool)
  await page
    .getByRole('article', { name: `Pool ${incident.pool}` })
    .getByText('Held up by fetch')
    .waitFor()
  expect(await page.getByRole('article', { name: /^Pool pool-/ }).count()).toBe(0)
  expect(asked.has('pool-39')).toBe(false)
  expect(await violations(page)).toEqual([])
})

it('takes the colours somebody chose, and keeps them', async () => {
  const page = await browser.signedIn(incident.keys.viewer, { colorScheme: 'light' })
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const light = await ground()
  await page.getByLabel('Colours').selectOption('dark')
  const dark = await ground()
  expect(dark).not.toBe(light)
  await page.reload()
  await page.getByRole('heading', { name: 'Fleet', exact: true }).waitFor()
  expect(await ground()).toBe(dark)
})

it('asks for a key again when the one in use is no longer good, and keeps what was being done', async () => {
  const page = await browser.signedIn(incident.keys.operator)
  await visit(page, `#/pools/${incident.pool}`, /Held up by: fetch/)
  await page.getByRole('button', { name: 'Override…' }).click()
  await page.getByLabel('Reason').fill('half written')
  await page.route('**/v1/**', (route) => route.fulfill({ status: 401, json: { code: 'UNAUTHENTICATED' } }))
  await page.getByText(/Your key is no longer good/).waitFor()
  await page.unroute('**/v1/**')
  await page.getByLabel('API key').fill(incident.keys.operator)
  await page.keyboard.press('Enter')
  await page.getByLabel('API key').waitFor({ state: 'detached' })
  expect(await page.getByLabel('Reason').inputValue()).toBe('half written')
})

it('never asked another host, and broke none of its own rules', () => {
  expect(browser.offences()).toEqual([])
})
