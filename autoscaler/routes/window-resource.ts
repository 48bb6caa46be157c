import Type, { type Static } from 'typebox'
import { type Clause, type ScheduleWindow, WEEKDAYS } from '../../infra/domain/scaling.ts'
import { strict, words } from '../../infra/http/schema.ts'

const CLAUSES = ['floor', 'ceiling', 'exactly'] as const satisfies readonly Clause[]

const Days = Type.Array(words(WEEKDAYS), { maxItems: WEEKDAYS.length })
const Dates = (description: string) =>
  Type.Array(Type.String({ maxLength: 10, description: '`YYYY-MM-DD`' }), { maxItems: 400, description })
const Time = (description: string) => Type.String({ maxLength: 5, description: `\`HH:MM\` ${description}` })

const Required = {
  pool: Type.String({ maxLength: 40 }),
  timeZone: Type.String({
    maxLength: 64,
    description: 'IANA name: the times are what a clock on the wall there shows',
  }),
  start: Time('on the wall'),
  end: Time('on the wall; at or before the start: on the next day'),
  count: Type.Integer({ minimum: 0, description: 'nodes' }),
}
const Defaulted = {
  days: Days,
  dates: Dates('on which it holds beside its days'),
  except: Dates('on which it does not hold, whatever else says so'),
  leadMinutes: Type.Integer({ minimum: 0, maximum: 1440, description: 'takes effect so long before its start' }),
  clause: words(CLAUSES, 'at least, at most, or exactly so many'),
  priority: Type.Integer({
    minimum: -1000,
    maximum: 1000,
    description: 'of windows that contradict each other the highest wins',
  }),
}

/** What holds where a body says nothing. */
const DEFAULTS = { days: [], dates: [], except: [], leadMinutes: 0, clause: 'floor', priority: 0 } as const

const EXAMPLE = {
  pool: 'face-match',
  timeZone: 'Europe/Berlin',
  days: ['mon', 'tue', 'wed', 'thu', 'fri'],
  except: ['2026-12-25'],
  start: '09:00',
  end: '18:00',
  leadMinutes: 10,
  clause: 'floor',
  count: 50,
}

/** A window with its name, as HTTP and `--json` show it. */
export const WindowSchema = strict({ name: Type.String(), ...Required, ...Defaulted })

/** A window as people write it down: what has a default may be left out, its name is in the path. */
export const WindowBody = strict(
  {
    ...Required,
    days: Type.Optional(Defaulted.days),
    dates: Type.Optional(Defaulted.dates),
    except: Type.Optional(Defaulted.except),
    leadMinutes: Type.Optional(Defaulted.leadMinutes),
    clause: Type.Optional(Defaulted.clause),
    priority: Type.Optional(Defaulted.priority),
  },
  { examples: [EXAMPLE] },
)

/** The window that a body describes. */
export const windowOf = (name: string, body: Static<typeof WindowBody>): ScheduleWindow => ({
  name,
  ...DEFAULTS,
  ...body,
})
