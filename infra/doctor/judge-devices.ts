import type { DeviceQuarantine } from '../ports/quarantine-store.ts'
import { type Finding, problem, well } from './finding.ts'

/** Do nodes keep devices from work? Pure. @param active those that hold now */
export const judgeDevices = (active: readonly DeviceQuarantine[]): readonly Finding[] =>
  active.length === 0
    ? [well('quarantined-devices', 'none')]
    : active.map(({ node, device, pools, why, since }) =>
        problem(
          'quarantined-devices',
          `${device} of node ${node} (${pools}) gets no jobs since ${new Date(since).toISOString()}: ${why}`,
          `look at the device; then ./muster node release ${device} --node <its address>, or restart the node`,
        ),
      )
