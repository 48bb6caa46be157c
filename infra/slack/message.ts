import type { ChatPostMessageArguments } from '@slack/web-api'
import type { ChatAnswer } from '../ports/chat.ts'
import type { Notice, NoticeAction } from '../ports/notifier.ts'
import { actionId, actionValue } from './payload.ts'

/** @source Slack, "Block Kit reference": header 150, text of a section 3000, of a field 2000, of a button 75 characters */
const MAX_HEADER_LENGTH = 150
const MAX_SECTION_LENGTH = 3000
/** Slack takes 40 000 characters; more than a screen of them is read by nobody. */
const MAX_TEXT_LENGTH = 3000

type Block = Extract<ChatPostMessageArguments, { blocks: readonly unknown[] }>['blocks'][number]

/** A message as `chat.postMessage` wants it. */
export interface SlackMessage {
  /** what a phone shows, and what stands there where blocks cannot be shown */
  readonly text: string
  readonly blocks: Block[]
}

/** Three characters mean something to Slack; `<!channel>` in a reason must wake nobody. */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Escaped character by character, so that no escape and no character is cut in half. */
const cut = (text: string, length: number): string => {
  const sound = text.toWellFormed()
  const whole = escaped(sound)
  if (whole.length <= length) return whole
  let kept = ''
  for (const character of sound) {
    const next = escaped(character)
    if (kept.length + next.length >= length) break
    kept += next
  }
  return `${kept}…`
}

const plain = (text: string, length: number): string => {
  const sound = text.toWellFormed()
  return sound.length <= length ? sound : `${sound.slice(0, length - 1).toWellFormed()}…`
}

const TITLES: Readonly<Record<Notice['kind'], string>> = {
  scaled: 'scaled',
  held: 'held',
  override: 'override',
  alert: 'alert',
  recovered: 'recovered',
  digest: 'digest',
}

interface ButtonWords {
  readonly label: string
  readonly question: string
  readonly risky?: boolean
}

const BUTTONS: Readonly<Record<NoticeAction, ButtonWords>> = {
  undo: { label: 'Undo', question: 'The former count is pinned for 30 minutes.', risky: true },
  hold: { label: 'Hold 30 min', question: 'The count stays as it is for 30 minutes.' },
  release: { label: 'Release', question: 'Every override of this pool ends now.', risky: true },
  confirm: { label: 'Confirm', question: 'It holds for as long as it was asked for.' },
}

const plainText = (text: string) => ({ type: 'plain_text', text, emoji: false }) as const

const buttonOf = (action: NoticeAction, { pool, about }: Notice) => {
  const { label, question, risky } = BUTTONS[action]
  return {
    type: 'button' as const,
    action_id: actionId(action),
    text: plainText(label),
    value: actionValue(pool, about),
    ...(risky ? { style: 'danger' as const } : {}),
    confirm: { title: plainText(label), text: plainText(question), confirm: plainText(label), deny: plainText('No') },
  }
}

/** What stands beside a notice: Slack shows the time to each reader in his own zone. */
const contextOf = ({ kind, at }: Notice): Block => {
  const seconds = Math.floor(at / 1000)
  const when = `<!date^${seconds}^{date_short_pretty} {time_secs}|${new Date(at).toISOString()}>`
  return { type: 'context', elements: [{ type: 'mrkdwn', text: `${TITLES[kind]} · ${when}` }] }
}

/** A notice as Slack shows it. Within Slack's limits, whatever its lines are. */
export const messageOf = (notice: Notice): SlackMessage => {
  const [headline = notice.pool, ...rest] = notice.lines
  const warned = notice.kind === 'alert' ? `Alert: ${headline}` : headline
  const header: Block = { type: 'header', text: plainText(plain(warned, MAX_HEADER_LENGTH)) }
  const fields: Block = {
    type: 'section',
    fields: [
      { type: 'mrkdwn', text: `*Pool*\n${cut(notice.pool, 100)}` },
      { type: 'mrkdwn', text: `*What*\n${TITLES[notice.kind]}` },
    ],
  }
  const words = cut(rest.join('\n'), MAX_SECTION_LENGTH)
  const section: Block[] = rest.length > 0 ? [{ type: 'section', text: { type: 'mrkdwn', text: words } }] : []
  const buttons = notice.actions.map((action) => buttonOf(action, notice))
  const actions: Block[] = buttons.length > 0 ? [{ type: 'actions', elements: buttons }] : []
  return {
    text: cut([warned, ...rest].join('\n'), MAX_TEXT_LENGTH),
    blocks: [header, fields, ...section, contextOf(notice), ...actions],
  }
}

/** An answer that only who asked sees; it takes the place of no message. */
export const answerOf = ({ lines }: ChatAnswer) => ({
  response_type: 'ephemeral' as const,
  replace_original: false,
  text: cut(lines.join('\n'), MAX_TEXT_LENGTH),
})
export type SlackAnswer = ReturnType<typeof answerOf>
