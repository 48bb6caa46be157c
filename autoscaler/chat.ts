import { AppError, UnavailableError } from '../infra/domain/errors.ts'
import { holdsRole, type Role } from '../infra/domain/role.ts'
import { PERMISSIONS } from '../infra/http/permissions.ts'
import type { AuditLog } from '../infra/ports/audit-log.ts'
import type { Chat, ChatAnswer, ChatRequest } from '../infra/ports/chat.ts'
import type { Clock } from '../infra/ports/clock.ts'
import type { DecisionStore } from '../infra/ports/decision-store.ts'
import type { Logger } from '../infra/ports/logger.ts'
import { SENTENCES, showable } from './command.ts'
import { sentenceOf } from './override-words.ts'
import type { Overrides, Said } from './overrides.ts'
import { isStale, type PoolStatus, type ReadPools } from './pool-status.ts'
import { report } from './report.ts'
import { effectWords, rowInWords } from './schedule-words.ts'
import type { Schedules } from './schedules.ts'

export interface ChatDeps {
  readonly overrides: Pick<Overrides, 'run' | 'undo' | 'hold'>
  readonly schedules: Pick<Schedules, 'next'>
  readonly readPools: ReadPools
  readonly decisions: Pick<DecisionStore, 'list'>
  readonly audit: AuditLog
  readonly clock: Pick<Clock, 'now'>
  readonly log: Logger
}

export interface ChatOptions {
  /** names of all there are */
  readonly pools: readonly string[]
  /** ids of people; everybody else may look */
  readonly operators: ReadonlySet<string>
  readonly admins: ReadonlySet<string>
}

const MAX_ROWS = 20
/** The trail keeps what was said, but no novel. */
const MAX_KEPT_LENGTH = 400
const LOOKING: ReadonlySet<string> = new Set(['', 'help', 'status', 'why', 'schedule'])
const HELP: ChatAnswer = { lines: ['status', 'why <pool>', 'schedule next [<pool>]', ...SENTENCES, 'help'] }
const NEEDED = PERMISSIONS['fleet:override']

const wordsOf = (text: string): readonly string[] => showable(text).split(' ').filter(Boolean)

const statusLine = ({ pool, last, override, schedule }: PoolStatus, now: number): string => {
  const look = last ? (report(last)[0] ?? pool) : `${pool}: nobody looked yet`
  const parts = [
    look,
    ...(last && isStale(last, now) ? ['the last look is overdue: nobody leads'] : []),
    ...(override ? [sentenceOf(override)] : []),
    ...(schedule.by.length > 0 ? [`schedule ${effectWords(schedule)} (${schedule.by.join(', ')})`] : []),
  ]
  return parts.join('; ')
}

/** What everybody may ask. */
const createLooking = ({ schedules, readPools, decisions, clock }: ChatDeps, { pools }: ChatOptions) => {
  const status = async (): Promise<ChatAnswer> => {
    const now = clock.now()
    return { lines: (await readPools(pools, now)).map((one) => statusLine(one, now)) }
  }
  const why = async (pool: string): Promise<ChatAnswer> => {
    const [last] = await decisions.list({ pool, limit: 1 })
    return { lines: last ? report(last) : [`${pool}: nobody looked yet`] }
  }
  const next = async (pool: string | undefined): Promise<ChatAnswer> => {
    const rows = (await schedules.next({ pool })).map(rowInWords)
    if (rows.length === 0) return { lines: ['the schedule asks for nothing in the next 7 days'] }
    const more = rows.length > MAX_ROWS ? [`and ${rows.length - MAX_ROWS} more: muster schedule next`] : []
    return { lines: [...rows.slice(0, MAX_ROWS), ...more] }
  }
  return async (words: readonly string[]): Promise<ChatAnswer> => {
    const [verb = '', second, third, ...rest] = words
    const isPool = (name: string | undefined): name is string => name !== undefined && pools.includes(name)
    const one = words.length === 1
    if (verb === 'status' && one) return status()
    if (verb === 'why' && isPool(second) && words.length === 2) return why(second)
    if (verb === 'schedule' && second === 'next' && rest.length === 0 && (third === undefined || isPool(third)))
      return next(third)
    return HELP
  }
}

const press = ({ overrides }: ChatDeps, request: Extract<ChatRequest, { kind: 'pressed' }>, by: Said) => {
  const { action, pool, about } = request
  switch (action) {
    case 'undo':
      return overrides.undo(pool, about, by)
    case 'hold':
      return overrides.hold(pool, by)
    case 'confirm':
      return overrides.run({ kind: 'confirm', id: about }, by)
    case 'release':
      return overrides.run({ kind: 'release', pool, reason: 'released by a button' }, by)
  }
}

const sorry = (error: unknown, request: ChatRequest, log: Logger): ChatAnswer => {
  const { requestId } = request
  if (error instanceof UnavailableError)
    return { lines: [`${error.service} does not answer: look at the status, then say it again`] }
  if (error instanceof AppError && !error.retryable) return { lines: [error.message] }
  log.error({ requestId, error }, 'a chat request failed')
  return { lines: [`something went wrong here (${requestId})`] }
}

/**
 * What people say to the fleet from a chat. Who may do what goes by their ids; every attempt is in the audit trail before
 * anything comes of it, refused ones too.
 */
export const createChat = (deps: ChatDeps, options: ChatOptions): Chat => {
  const { overrides, audit, log } = deps
  const look = createLooking(deps, options)
  const roleOf = (user: string): Role =>
    options.admins.has(user) ? 'admin' : options.operators.has(user) ? 'operator' : 'viewer'

  const act = async (request: ChatRequest): Promise<ChatAnswer> => {
    const said = request.kind === 'said' ? showable(request.text) : `${request.action} ${request.pool} ${request.about}`
    const words = wordsOf(said)
    const looking = request.kind === 'said' && LOOKING.has(words[0]?.toLowerCase() ?? '')
    const role = roleOf(request.user)
    const allowed = looking || holdsRole(role, NEEDED)
    const by: Said = { actor: `slack:${request.user}`, channel: 'slack', requestId: request.requestId }
    const action = allowed ? 'chat_command' : 'authz_fail'
    const details = { said: said.slice(0, MAX_KEPT_LENGTH).toWellFormed(), pressed: request.kind === 'pressed', role }
    await audit.record({ ...by, action, tenant: null, target: 'fleet', details })
    if (!allowed) return { lines: [`this needs the role ${NEEDED}; you may ask for: status, why, schedule next`] }
    if (looking) return look(words.map((word, index) => (index === 0 ? word.toLowerCase() : word)))
    return request.kind === 'said' ? overrides.run(said, by) : press(deps, request, by)
  }
  return async (request) => {
    try {
      const { lines } = await act(request)
      return { lines }
    } catch (error) {
      return sorry(error, request, log)
    }
  }
}
