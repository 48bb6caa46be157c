/** Attempts a job gets before it is given up. */
export const MAX_ATTEMPTS = 3

/** Workers a job may take down with it before it is kept away from the rest of the fleet. */
export const MAX_LOST = 2
