/** The console: one page that shows the fleet to whoever has a key for it. Where the browser begins. */
import { signIn } from './dialogs/sign-in.ts'
import { h } from './dom/element.ts'
import { icon } from './dom/icon.ts'
import { createAnnouncer } from './state/announcer.ts'
import { createApi } from './state/api.ts'
import { backoffMs } from './state/backoff.ts'
import { announceChanges } from './state/changes.ts'
import type { Console } from './state/console.ts'
import type { StreamEvent } from './state/event-parser.ts'
import { createFleet } from './state/fleet.ts'
import { createLiveStream } from './state/live.ts'
import { asProblem, isAway } from './state/problem.ts'
import { DEFAULT_RANGE } from './state/range.ts'
import type { Session } from './state/resources.ts'
import { createSignedIn } from './state/session.ts'
import { createThemes } from './state/theme.ts'
import { value } from './state/value.ts'
import { openShell } from './views/shell.ts'

const TICK_MS = 1_000

const build = (onRefused: () => void): Console => {
  const signedIn = createSignedIn(sessionStorage)
  const fleet = createFleet()
  const api = createApi({ key: signedIn.key, onRefused, base: document.baseURI })
  /** The stream ends when the rights of the key have changed: what it may do now is asked for anew. */
  const askAgain = (): Promise<void> => signedIn.renew(() => api.get<Session>('session'))
  const onEvent = (event: StreamEvent): void => {
    fleet.hear(event)
    if (event.type === 'end') askAgain().catch(() => {})
  }
  const live = createLiveStream({ api, onEvent, now: Date.now, random: Math.random })
  const heard = document.querySelector('#announcements')
  const announcer = createAnnouncer(
    (text) => heard?.replaceChildren(text),
    (work, ms) => setTimeout(work, ms),
  )
  const now = value(Date.now())
  setInterval(() => now.set(Date.now()), TICK_MS)
  return { api, signedIn, fleet, live, range: value(DEFAULT_RANGE), themes: createThemes(localStorage), announcer, now }
}

const sentence = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}.`

/** A key that was kept may still be good: then nobody is asked for one. @returns what is wrong with it */
const tryKept = async ({ api, signedIn }: Console, say: (words: string) => void): Promise<string | undefined> => {
  const key = signedIn.key()
  if (!key) return ''
  for (let attempt = 1; ; attempt += 1) {
    try {
      signedIn.keep(key, await api.get<Session>('session'))
      return undefined
    } catch (error) {
      const problem = asProblem(error)
      const { status, message } = problem
      if (!isAway(problem)) return status === 401 ? 'Your key is no longer good.' : sentence(message)
      say(`${sentence(message)} It is tried again by itself.`)
      await new Promise((resolve) => setTimeout(resolve, backoffMs(attempt, Math.random())))
    }
  }
}

const start = async (): Promise<void> => {
  let asking = false
  /** Whatever is under way stays as it is under the window that asks. */
  const ask = async (why: string): Promise<void> => {
    if (asking) return
    asking = true
    console.live.stop()
    await signIn(console, why)
    asking = false
    console.live.start()
  }
  const console = build(() => void ask('Your key is no longer good. What you were doing is still there.'))
  asking = true
  const main = document.querySelector('main')
  const why = await tryKept(console, (words) =>
    main?.replaceChildren(h('p', { class: 'trouble', role: 'status' }, icon('watch'), words)),
  )
  main?.replaceChildren()
  asking = false
  if (why === undefined) console.live.start()
  else await ask(why)
  announceChanges(console)
  openShell(console, () => {
    console.live.stop()
    console.signedIn.forget()
    console.fleet.forget()
    location.hash = ''
    location.reload()
  })
}

void start()
