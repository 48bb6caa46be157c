import type { Command } from 'commander'
export const registerPlan = (_release: Command): void => {}
