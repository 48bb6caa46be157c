import { UnavailableError } from '../domain/errors.ts'
import type { Dispatcher } from '../ports/dispatcher.ts'

const away = async (): Promise<never> => {
  throw new UnavailableError('dispatcher', new Error('none is configured'))
}

/** Where no Redis is configured: every process judges alone, and every message goes at once. */
export const noDispatcher: Dispatcher & { close(): Promise<void> } = {
  admit: away,
  dispatch: away,
  ended: away,
  announce: away,
  doubtful: away,
  load: away,
  healthy: () => true,
  close: async () => {},
}
