import type { NoticeAction } from './notifier.ts'

/** What a person says, or presses under a notice, in a chat. */
export type ChatRequest = {
  /** the id of the chat's own; never a name, which its owner can change */
  readonly user: string
  readonly requestId: string
} & (
  | { readonly kind: 'said'; readonly text: string }
  | { readonly kind: 'pressed'; readonly action: NoticeAction; readonly pool: string; readonly about: string }
)

/** For the person who asked alone. */
export interface ChatAnswer {
  readonly lines: readonly string[]
}

/** Does what is asked where whoever asks may, and says what came of it. Never throws: what went wrong is said. */
export type Chat = (request: ChatRequest) => Promise<ChatAnswer>
