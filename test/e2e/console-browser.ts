import { accessSync, constants, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { installCommand } from '../../infra/local/packages.ts'
import { SYSTEM_PATH } from '../../infra/local/process.ts'
import { ROOT } from '../../scripts/stack/folder.ts'

/** Pictures of what the tests saw, for people to look at. */
const SHOTS = join(ROOT, '.muster', 'test', 'console')
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
/** The page reads what the server tells every few seconds, and machines may be slow. */
export const PATIENCE_MS = 30_000

/** Debian's Chromium. @throws Error with the command that brings it */
const chromiumPath = (): string => {
  const found = SYSTEM_PATH.split(':').find((dir) => {
    try {
      accessSync(join(dir, 'chromium'), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
  if (!found) throw new Error(`these tests need a browser. Run: ${installCommand(['chromium'])}`)
  return join(found, 'chromium')
}

/** A page that remembers what it should never have done. */
export interface Watched {
  readonly page: Page
  /** requests to another host, more of them than a key may send, errors of the page, refusals by its own policy */
  readonly offences: string[]
}

/** One browser for all tests of a file. */
export class ConsoleBrowser {
  readonly #browser: Browser
  readonly #url: string
  readonly #pages: Watched[] = []

  private constructor(browser: Browser, url: string) {
    this.#browser = browser
    this.#url = url
  }

  /** @param url of the autoscaler */
  static async open(url: string): Promise<ConsoleBrowser> {
    mkdirSync(SHOTS, { recursive: true })
    // Root has no sandbox to be put in; nothing but our own page is ever opened.
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
    return new ConsoleBrowser(await chromium.launch({ executablePath: chromiumPath(), args }), url)
  }

  /** A window with nothing of any other in it. */
  async page(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.#browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
    context.setDefaultTimeout(PATIENCE_MS)
    const page = await context.newPage()
    const offences: string[] = []
    this.#pages.push({ page, offences })
    page.on('request', (request) => {
      if (!request.url().startsWith(this.#url)) offences.push(`asked ${request.url()}`)
    })
    page.on('response', (response) => {
      if (response.status() === 429) offences.push(`asked too much: ${response.url()}`)
    })
    page.on('pageerror', (error) => offences.push(`error: ${error.message}`))
    page.on('console', (message) => {
      if (/Content.Security.Policy|TrustedHTML|Trusted Type/i.test(message.text())) offences.push(message.text())
    })
    await page.goto(`${this.#url}/`)
    return page
  }

  /** A window of somebody who has signed in. */
  async signedIn(key: string, options: BrowserContextOptions = {}): Promise<Page> {
    const page = await this.page(options)
    await page.getByLabel('API key').fill(key)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Fleet', exact: true }).waitFor()
    return page
  }

  /** What any page ever did that it should not. */
  offences(): readonly string[] {
    return this.#pages.flatMap(({ offences }) => offences)
  }

  async close(): Promise<void> {
    await this.#browser.close()
  }
}

/** Keep a picture. */
export const shoot = async (page: Page, name: string): Promise<void> => {
  await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true })
}

/** Rules of WCAG 2.2 AA that a page breaks, those of best practice too. @returns each with where */
export const violations = async (page: Page): Promise<readonly string[]> => {
  const { readFileSync } = await import('node:fs')
  // Through the debugger: the policy of the page lets no script in, and that is as it should be.
  await page.evaluate(readFileSync(AXE, 'utf8'))
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(options: object): Promise<{ violations: Violation[] }> } }
    return (await axe.run({ resultTypes: ['violations'] })).violations
  })
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
}

interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly target: readonly string[] }[]
}
