import type { Announcer } from './announcer.ts'
import type { Api } from './api.ts'
import type { Fleet } from './fleet.ts'
import type { Life } from './life.ts'
import type { LiveStream } from './live.ts'
import type { Range } from './range.ts'
import type { SignedIn } from './session.ts'
import type { Themes } from './theme.ts'
import type { Value } from './value.ts'

/** What every part of the page can reach. */
export interface Console {
  readonly api: Api
  readonly signedIn: SignedIn
  readonly fleet: Fleet
  readonly live: LiveStream
  readonly range: Value<Range>
  readonly themes: Themes
  readonly announcer: Announcer
  /** epoch ms; moves once a second, for words like `12 s ago` */
  readonly now: Value<number>
}

/** What one view of the page shows. */
export interface View {
  readonly title: string
  readonly element: HTMLElement
}

/** Makes a view. @param life ends when the reader goes elsewhere */
export type MakeView<Where> = (console: Console, life: Life, where: Where) => View
