import { describe, expect, it } from 'vitest'
import { startAutoscalerApp } from '../../../fixtures/autoscaler-app.ts'

const WINDOW = { pool: 'checks', timeZone: 'Europe/Berlin', days: ['mon'], start: '09:00', end: '18:00', count: 12 }
const EVERY_DAY = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

describe('a window', () => {
  it('is added with what it leaves out, listed, replaced and removed', async () => {
    const { ask, deps } = await startAutoscalerApp()
    const whole = { name: 'opening', ...WINDOW, dates: [], except: [], leadMinutes: 0, clause: 'floor', priority: 0 }
    expect(await ask('PUT', '/v1/schedule/opening', WINDOW)).toEqual({ status: 200, body: whole })
    const changed = { ...WINDOW, leadMinutes: 10, clause: 'exactly', priority: 5, except: ['2026-12-25'] }
    await ask('PUT', '/v1/schedule/opening', changed)
    expect((await ask('GET', '/v1/schedule')).body).toEqual({ windows: [{ ...whole, ...changed }] })
    expect((await ask('DELETE', '/v1/schedule/opening')).status).toBe(204)
    expect((await ask('GET', '/v1/schedule')).body).toEqual({ windows: [] })
    expect((await ask('DELETE', '/v1/schedule/opening')).body.code).toBe('WINDOW_NOT_FOUND')
    expect(deps.audit.events.map(({ action }) => action)).toEqual([
      'schedule_changed',
      'schedule_changed',
      'schedule_removed',
    ])
  })

  it.each<[string, string, object, number, string]>([
    ['no zone', 'w', { ...WINDOW, timeZone: undefined }, 400, 'INVALID_REQUEST'],
    ['a zone there is not', 'w', { ...WINDOW, timeZone: 'Europe/Atlantis' }, 400, 'WINDOW_INVALID'],
    ['no day', 'w', { ...WINDOW, days: [] }, 400, 'WINDOW_INVALID'],
    ['a day there is not', 'w', { ...WINDOW, days: ['someday'] }, 400, 'INVALID_REQUEST'],
    ['a date there is not', 'w', { ...WINDOW, dates: ['2026-02-30'] }, 400, 'WINDOW_INVALID'],
    ['a time there is not', 'w', { ...WINDOW, start: '24:00' }, 400, 'WINDOW_INVALID'],
    ['a member there is not', 'w', { ...WINDOW, capacity: 1 }, 400, 'INVALID_REQUEST'],
    ['a pool there is not', 'w', { ...WINDOW, pool: 'nothing' }, 404, 'POOL_NOT_FOUND'],
    ['a name that a shell would mind', 'a%20b', WINDOW, 400, 'WINDOW_INVALID'],
  ])('with %s is refused', async (_what, name, body, status, code) => {
    const { ask, deps } = await startAutoscalerApp()
    expect(await ask('PUT', `/v1/schedule/${name}`, body)).toMatchObject({ status, body: { code } })
    expect(await deps.scheduleStore.list()).toEqual([])
  })

  it('is told all that is wrong with it at once', async () => {
    const { ask } = await startAutoscalerApp()
    const { body } = await ask('PUT', '/v1/schedule/w', { ...WINDOW, timeZone: 'Mars', end: '25:00' })
    expect(body.errors).toHaveLength(2)
  })

  it('cannot have the name of a path', async () => {
    const { ask } = await startAutoscalerApp()
    expect((await ask('PUT', '/v1/schedule/next', WINDOW)).status).toBe(405)
  })
})

describe('what comes next', () => {
  it('is a week, or as long as asked for, and names contradictions', async () => {
    const { ask } = await startAutoscalerApp()
    const always = { ...WINDOW, timeZone: 'UTC', days: EVERY_DAY, start: '00:00', end: '00:00' }
    await ask('PUT', '/v1/schedule/always', always)
    const stretch = async (days: string) => {
      const { rows } = (await ask('GET', `/v1/schedule/next${days}`)).body
      expect(rows).toHaveLength(1)
      expect(rows[0]).toMatchObject({
        pool: 'checks',
        floor: 12,
        ceiling: null,
        windows: ['always'],
        contradiction: null,
      })
      return Math.round((Date.parse(rows[0].until) - Date.parse(rows[0].from)) / 86_400_000)
    }
    expect([await stretch(''), await stretch('?days=2'), await stretch('?days=99')]).toEqual([7, 2, 60])
    await ask('PUT', '/v1/schedule/thrift', { ...always, clause: 'ceiling', count: 3 })
    const { rows } = (await ask('GET', '/v1/schedule/next')).body
    expect(rows[0].contradiction).toEqual({ floor: 12, ceiling: 3, holds: 12, between: ['always', 'thrift'] })
  })

  it('is nothing without windows', async () => {
    const { ask } = await startAutoscalerApp()
    expect((await ask('GET', '/v1/schedule/next')).body).toEqual({ rows: [] })
    expect((await ask('GET', '/v1/schedule/next?days=0')).body.code).toBe('INVALID_REQUEST')
  })
})
