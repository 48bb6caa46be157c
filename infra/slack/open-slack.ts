import type { FastifyInstance } from 'fastify'
import type { AuditLog } from '../ports/audit-log.ts'
import type { Chat } from '../ports/chat.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { ReplayRecord } from '../ports/replay-record.ts'
import { lasting, type Secret, type Secrets } from '../runtime/secrets.ts'
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

/** Secrets that come as files are followed. */
type Follow = { readonly secrets?: Pick<Secrets, 'follow'> }

const followed = ({ secrets }: Follow, name: string, atStart: string): Secret<string> =>
  secrets?.follow(name, atStart, (text) => text) ?? lasting(atStart)

/** Notices in the configured channel; without a token nobody is told, and nothing is wrong with that. */
export const openNotifier = (
  config: SlackConfig,
  deps: Follow & { readonly clock: Pick<Clock, 'now'>; readonly log: Logger },
): SlackNotifier => {
  const { SLACK_BOT_TOKEN: atStart, SLACK_CHANNEL: channel, SLACK_API_URL: apiUrl } = config
  if (atStart === undefined || channel === undefined) {
    deps.log.debug({}, 'no SLACK_BOT_TOKEN: slack is not told of anything')
    return noNotifier
  }
  const token = followed(deps, 'SLACK_BOT_TOKEN', atStart)
  return openSlackNotifier({ token, channel, apiUrl }, { ...deps, random: Math.random })
}

interface HearingDeps extends Follow {
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
  const { SLACK_SIGNING_SECRET: secret, SLACK_APP_TOKEN: token, SLACK_API_URL: apiUrl } = config
  const conversation = createConversation({ ...deps, respond: createRespond(apiUrl) })
  const appToken = token && followed(deps, 'SLACK_APP_TOKEN', token)
  const signingSecret = secret && followed(deps, 'SLACK_SIGNING_SECRET', secret)
  const socket = appToken && openSocketMode({ appToken, apiUrl }, { ...deps, conversation, random: Math.random })
  return {
    addRoutes: signingSecret ? (scope) => addSlackRoutes(scope, { ...deps, conversation, signingSecret }) : undefined,
    close: async () => (socket ? socket.close() : conversation.drain()),
  }
}
