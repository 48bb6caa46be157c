import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ConsoleBrowser, PATIENCE_MS, shoot, violations } from './console-browser.ts'
import { anIncident, type Incident } from './console-incident.ts'

/** What an operator does in an incident, in a browser, on real servers. */
const ends: (() => unknown)[] = []
let incident: Incident
let browser: ConsoleBrowser
/** two people who look at the same fleet */
let ada: Page
let bob: Page

beforeAll(async () => {
  incident = await anIncident(ends)
  browser = await ConsoleBrowser.open(incident.url)
  ends.push(() => browser.close())
  ada = await browser.signedIn(incident.keys.operator)
  bob = await browser.signedIn(incident.keys.viewer, { colorScheme: 'dark' })
})
afterAll(async () => {
  for (const end of ends.toReversed()) await end()
})

const go = async (page: Page, hash: string): Promise<void> => {
  await page.evaluate((wanted) => {
    location.hash = wanted
  }, hash)
}
const goToPool = async (page: Page): Promise<void> => {
  await go(page, `#/pools/${incident.pool}`)
  await page.getByRole('heading', { level: 1, name: incident.pool }).waitFor()
}
const dialogOf = (page: Page) => page.getByRole('dialog')
const text = (page: Page, words: string | RegExp) => page.getByText(words).first()

it('shows what needs a person, and how each pool stands', async () => {
  await text(ada, '1 dead letter to look at').waitFor()
  await text(ada, 'A device is in quarantine on gpu-08').waitFor()
  await text(ada, /versions run side by side: .*0\.1\.0/).waitFor()
  await ada.getByRole('link', { name: incident.pool, exact: true }).click()
  await ada.getByRole('heading', { level: 1, name: incident.pool }).waitFor()
  await ada
    .getByText(/may be 1 to 20/)
    .first()
    .waitFor()
})

it('shows the queue grow as it grows', async () => {
  await incident.queue(40)
  const waiting = ada.getByRole('region', { name: 'Now' }).locator('.fact', { hasText: 'Waiting' })
  await waiting.getByText(/oldest ([3-9]|\d\d) s/).waitFor()
  await waiting.getByRole('img', { name: 'bad' }).waitFor()
})

it('names the hop that holds jobs up, by its numbers, and what to do', async () => {
  const verdict = ada.getByRole('region', { name: 'What holds it up' })
  await verdict.getByText(/Held up by: fetch/).waitFor()
  await verdict.getByText(/^Fetching its pictures from storage takes .*, usually /).waitFor()
  await verdict.getByText(/Look at the object storage/).waitFor()
  await verdict.getByRole('row', { name: /^fetch/ }).waitFor()
  await shoot(ada, 'pool-light')
})

it('says beforehand what an override will do, and shows it to everybody who looks', async () => {
  await goToPool(bob)
  await ada.getByRole('button', { name: 'Override…' }).click()
  const dialog = dialogOf(ada)
  await dialog.getByLabel('Nodes').fill('21')
  await dialog.getByText('It will be refused: the pool may have 20 nodes at most.').waitFor()
  await dialog.getByLabel('Nodes').fill('5')
  await dialog.getByText(/The count goes from \d+ to 5, from the next look on\./).waitFor()
  await dialog.getByText(/It ends by itself (on .* )?at \d\d:\d\d; then schedule and forecast decide again\./).waitFor()
  await dialog.getByLabel('Reason').fill('storage is <b>slow</b>')
  await shoot(ada, 'override-dialog')
  await dialog.getByRole('button', { name: 'Pin 5 nodes' }).click()
  await dialog.getByText('Done. The autoscaler says:').waitFor()
  await dialog.getByText(/pin 5 by .* until .* UTC: storage is <b>slow<\/b>/).waitFor()
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  await text(bob, '“storage is <b>slow</b>”').waitFor()
  await expect.poll(() => incident.count(), { timeout: PATIENCE_MS }).toBe(5)
  await bob.locator('.count-words .count', { hasText: /^5$/ }).waitFor()
})

it('lets somebody who may only look, look', async () => {
  await text(bob, /Your key may look, not change/).waitFor()
  expect(await bob.getByRole('button', { name: /Override|Release|Pause/ }).count()).toBe(0)
  await go(bob, '#/nodes')
  await bob.getByRole('heading', { name: 'gpu-07' }).waitFor()
  expect(await bob.getByRole('button', { name: 'Drain…' }).count()).toBe(0)
  await go(bob, '#/dead-letters')
  await text(bob, 'Redriving takes the role operator.').waitFor()
})

it('explains the decision of a moment that is chosen on a chart by keys', async () => {
  await ada.getByRole('slider', { name: /^Nodes over time/ }).focus()
  await ada.keyboard.press('ArrowLeft')
  const slider = ada.getByRole('slider', { name: /^Nodes over time/ })
  expect(await slider.getAttribute('aria-valuetext')).toMatch(/^\d\d:\d\d: running/)
  await ada.keyboard.press('Enter')
  const dialog = dialogOf(ada)
  await dialog.getByText('All of it in words').waitFor()
  await dialog.getByText(/bounds: 1 to 20/).waitFor()
  await ada.keyboard.press('Escape')
  await expect.poll(() => slider.evaluate((one) => one === document.activeElement)).toBe(true)
  await slider.click({ position: { x: 60, y: 60 } })
  await dialog.getByText(/No decision of .* is kept\./).waitFor()
  await ada.keyboard.press('Escape')
})

it('finds a job and shows where its time went', async () => {
  await ada.getByRole('link', { name: 'Jobs' }).click()
  await ada.getByLabel('Id of the job').fill('00000000-0000-0000-0000-000000000000')
  await ada.keyboard.press('Enter')
  await text(ada, /There is no such job/).waitFor()
  await ada.getByLabel('Id of the job').fill(incident.jobs.finished)
  await ada.keyboard.press('Enter')
  await text(ada, 'succeeded').waitFor()
  for (const hop of ['admit', 'store', 'insert', 'queue', 'claim', 'fetch', 'decode', 'batch-wait', 'infer', 'write'])
    await ada.getByRole('row', { name: new RegExp(`^${hop} `) }).waitFor()
  expect(await ada.getByRole('row', { name: /^unknown/ }).count()).toBe(0)
  await text(ada, /Publish is part of queue/).waitFor()
  await shoot(ada, 'job')
})

it('tries dead letters again, with a reason', async () => {
  await ada.getByRole('link', { name: /Dead letters/ }).click()
  await ada.getByLabel(`Choose ${incident.jobs.dead}`).check()
  await ada.getByRole('button', { name: 'Redrive 1 chosen one…' }).click()
  const dialog = dialogOf(ada)
  await dialog.getByText(/1 job of those the service gave up is queued again/).waitFor()
  await dialog.getByLabel('Reason').fill('the workers are back')
  await dialog.getByRole('button', { name: 'Redrive 1 dead letter' }).click()
  await dialog.getByText('1 job: queued again').waitFor()
  await ada.keyboard.press('Escape')
  await text(ada, 'There are none.').waitFor()
})

it('drains a node, and lets it work again', async () => {
  await ada.getByRole('link', { name: /^Nodes/ }).click()
  const node = ada.getByRole('article', { name: 'Node gpu-07' })
  await node.getByRole('button', { name: 'Drain…' }).click()
  const dialog = dialogOf(ada)
  await dialog.getByText(/its workers start again by themselves/).waitFor()
  await dialog.getByText(/it must be forced: .*no worker of it is left/).waitFor()
  await dialog.getByLabel('Reason').fill('a fan is replaced')
  await dialog.getByRole('button', { name: 'Drain gpu-07' }).click()
  // The browser itself asks for what was not said yet.
  expect(await dialog.getByLabel(/force it/).evaluate((box: HTMLInputElement) => box.validity.valueMissing)).toBe(true)
  await dialog.getByLabel(/force it/).check()
  await shoot(ada, 'drain-dialog')
  await dialog.getByRole('button', { name: 'Drain gpu-07' }).click()
  await dialog.getByText('Done. The autoscaler says:').waitFor()
  await ada.keyboard.press('Escape')
  await node.getByText(/“a fan is replaced”/).waitFor()
  await node.getByRole('button', { name: 'Let it work again…' }).click()
  await dialogOf(ada).getByLabel('Reason').fill('it turns')
  await dialogOf(ada).getByRole('button', { name: 'Let it work again' }).click()
  await dialogOf(ada).getByText('Done. The autoscaler says:').waitFor()
  await ada.keyboard.press('Escape')
  await node.getByRole('button', { name: 'Drain…' }).waitFor()
})

it('says that it is not live while the autoscaler is away, and goes on by itself', async () => {
  await goToPool(ada)
  await incident.stop()
  await text(ada, 'Not live.').waitFor()
  await text(ada, /Trying/).waitFor()
  await shoot(ada, 'not-live')
  await incident.start()
  await ada.getByText('Not live.').waitFor({ state: 'detached' })
  await text(ada, '“storage is <b>slow</b>”').waitFor()
})

it('releases an override, and forgets the key of whoever signs out', async () => {
  await ada.getByRole('button', { name: 'Release…' }).click()
  await dialogOf(ada)
    .getByText(/Ends pin 5 by/)
    .waitFor()
  await dialogOf(ada).getByLabel('Reason').fill('storage is well')
  await dialogOf(ada).getByRole('button', { name: 'Release', exact: true }).click()
  await dialogOf(ada).getByText('schedule and forecast decide again').waitFor()
  await ada.keyboard.press('Escape')
  await ada.getByRole('button', { name: 'Release…' }).waitFor({ state: 'detached' })
  await ada.getByRole('button', { name: 'Sign out' }).click()
  await ada.getByLabel('API key').waitFor()
  expect(await ada.evaluate(() => Object.keys(sessionStorage))).toEqual([])
  expect(await violations(ada)).toEqual([])
})

it('never asked another host, and broke none of its own rules', () => {
  expect(browser.offences()).toEqual([])
})
