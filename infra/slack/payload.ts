import type { ChatRequest } from '../ports/chat.ts'
import { isNoticeAction, type NoticeAction } from '../ports/notifier.ts'

/** Something Slack handed over, with what it takes to answer. */
export interface SlackCall {
  readonly request: ChatRequest
  /** Slack's own name of what the person did: the same when it is delivered twice */
  readonly triggerId: string
  /** where an answer goes that comes later */
  readonly responseUrl: string | undefined
}

const USER = /^[UW][A-Z0-9]{1,30}$/
const TRIGGER = /^[\x21-\x7e]{1,150}$/
const POOL = /^[a-z0-9-]{1,40}$/
const ABOUT = /^[A-Za-z0-9-]{0,64}$/
const MAX_TEXT_LENGTH = 2000
const ACTION_PREFIX = 'muster.'

type Fields = Readonly<Record<string, unknown>>

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {})
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const urlOf = (value: unknown): string | undefined => textOf(value) || undefined

/** The name of a button. */
export const actionId = (action: NoticeAction): string => ACTION_PREFIX + action

/** What a button carries back. */
export const actionValue = (pool: string, about: string | undefined): string => JSON.stringify([pool, about ?? ''])

/** Slack escapes three characters of what people type. @source Slack, "Formatting text for app surfaces" */
const unescaped = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')

/** Read a slash command: form fields over HTTP, the payload of an envelope in Socket Mode. @returns undefined = it is none */
export const commandCall = (fields: Fields, requestId: string): SlackCall | undefined => {
  const [user, triggerId, text] = [textOf(fields.user_id), textOf(fields.trigger_id), textOf(fields.text)]
  if (!USER.test(user) || !TRIGGER.test(triggerId) || text.length > MAX_TEXT_LENGTH) return undefined
  const request = { kind: 'said', user, requestId, text: unescaped(text) } as const
  return { request, triggerId, responseUrl: urlOf(fields.response_url) }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Read a press of one of our buttons. @param payload of `block_actions` @returns undefined = it is none */
export const actionCall = (payload: unknown, requestId: string): SlackCall | undefined => {
  const fields = fieldsOf(payload)
  const [first] = Array.isArray(fields.actions) ? (fields.actions as readonly unknown[]) : []
  const { action_id: id, value } = fieldsOf(first)
  const action = textOf(id).slice(ACTION_PREFIX.length)
  const carried = parsed(textOf(value))
  const [pool, about] = Array.isArray(carried) ? carried.map(textOf) : []
  const [user, triggerId] = [textOf(fieldsOf(fields.user).id), textOf(fields.trigger_id)]
  const isOurs = fields.type === 'block_actions' && textOf(id).startsWith(ACTION_PREFIX) && isNoticeAction(action)
  if (!isOurs || !USER.test(user) || !TRIGGER.test(triggerId)) return undefined
  if (pool === undefined || about === undefined || !POOL.test(pool) || !ABOUT.test(about)) return undefined
  const request = { kind: 'pressed', user, requestId, action, pool, about } as const
  return { request, triggerId, responseUrl: urlOf(fields.response_url) }
}

/** The payload that Slack puts into the form of an interaction. */
export const payloadOfForm = (form: URLSearchParams): unknown => parsed(form.get('payload') ?? '')
