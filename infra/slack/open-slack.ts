import type { FastifyInstance } from 'fastify'
import type { AuditLog } from '../ports/audit-log.ts'
import type { Chat } from '../ports/chat.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { ReplayRecord } from '../ports/replay-record.ts'
import { createConversation } from './conversation.ts'
import { noNotifier, openSlackNotifier, type SlackNotifier } from './notifier.ts'
import { createRespond } from './response-url.ts'
import { addSlackRoutes } from './routes.ts'
import { openSocketMode } from './socket-mode.ts'

interface SlackConfig {
  readonly SLACK_BOT_TOKEN?: string
  readonly SLACK_CHANNEL?: string
  readonly SLACK_SIGNING_SECRET?: string
  readonly SLACK_APP_TOKEN?: string
  readonly SLACK_API_URL: string
}

/** Notices in the configured channel; without a token nobody is told, and nothing is wrong with that. */
export const openNotifier = (
  config: SlackConfig,
  deps: { readonly clock: Pick<Clock, 'now'>; readonly log: Logger },
): SlackNotifier => {
  const { SLACK_BOT_TOKEN: token, SLACK_CHANNEL: channel, SLACK_API_URL: apiUrl } = config
  if (token === undefined || channel === undefined) {
    deps.log.debug({}, 'no SLACK_BOT_TOKEN: slack is not told of anything')
    return noNotifier
  }
  return openSlackNotifier({ token, channel, apiUrl }, { ...deps, random: Math.random })
}

interface HearingDeps {
  readonly chat: Chat
  readonly replays: ReplayRecord
  readonly audit: AuditLog
  readonly clock: Pick<Clock, 'now'>
  readonly log: Logger
}

/** The ways in which commands come from Slack. */
export interface SlackHearing {
  /** undefined = without a signing secret nothing is heard over HTTP */
  readonly addRoutes: ((scope: FastifyInstance) => void) | undefined
  close(): Promise<void>
}

/** Hear commands in every way that is configured, or in none. */
export const openHearing = (config: SlackConfig, deps: HearingDeps): SlackHearing => {
  const { SLACK_SIGNING_SECRET: signingSecret, SLACK_APP_TOKEN: appToken, SLACK_API_URL: apiUrl } = config
  const conversation = createConversation({ ...deps, respond: createRespond(apiUrl) })
  const socket = appToken && openSocketMode({ appToken, apiUrl }, { ...deps, conversation, random: Math.random })
  return {
    addRoutes: signingSecret ? (scope) => addSlackRoutes(scope, { ...deps, conversation, signingSecret }) : undefined,
    close: async () => (socket ? socket.close() : conversation.drain()),
  }
}
