import Type from 'typebox'

/** Slack's ids of people, apart by commas or white space. @source Slack, "Choosing and using identifiers": U or W first */
const PEOPLE = '^[UW][A-Z0-9]{2,20}([\\s,]+[UW][A-Z0-9]{2,20})*$'

/** The variables of Slack. Without a token and without a signing secret nothing speaks to Slack, and nothing listens. */
export const slackVariables = {
  /** says notices; `xoxb-` */
  SLACK_BOT_TOKEN: Type.Optional(Type.String({ pattern: '^xox[A-Za-z0-9.-]+$' })),
  /** where to; the id of a channel */
  SLACK_CHANNEL: Type.Optional(Type.String({ pattern: '^[CGD][A-Z0-9]{2,20}$' })),
  /** hears commands that Slack sends over HTTP */
  SLACK_SIGNING_SECRET: Type.Optional(Type.String({ minLength: 16 })),
  /** hears commands over a connection we open ourselves; `xapp-` */
  SLACK_APP_TOKEN: Type.Optional(Type.String({ pattern: '^xapp-[A-Za-z0-9-]+$' })),
  /** ids of people who may say what the count is to be */
  SLACK_OPERATORS: Type.Optional(Type.String({ pattern: PEOPLE })),
  SLACK_ADMINS: Type.Optional(Type.String({ pattern: PEOPLE })),
  SLACK_API_URL: Type.String({ pattern: '^https?://', default: 'https://slack.com/api/' }),
}

interface SlackVariables {
  readonly SLACK_BOT_TOKEN?: string
  readonly SLACK_CHANNEL?: string
  readonly SLACK_API_URL: string
}

/** A token without a channel has nobody to talk to. */
export const slackRule = (config: SlackVariables): string | undefined =>
  (config.SLACK_BOT_TOKEN === undefined) === (config.SLACK_CHANNEL === undefined)
    ? undefined
    : 'SLACK_BOT_TOKEN and SLACK_CHANNEL belong together'

/** The ids of a list. */
export const peopleOf = (text: string | undefined): ReadonlySet<string> =>
  new Set((text ?? '').split(/[\s,]+/).filter(Boolean))
