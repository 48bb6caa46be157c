/** What the rows say of the broker: which jobs' messages it has confirmed. */
export interface PublishRecord {
  /**
   * The broker has lost what it confirmed: every job that still waits counts as never published, and the reconciler
   * publishes it. A message that was not lost after all comes twice, which is harmless.
   * @returns how many jobs
   * @throws UnavailableError when the database does not answer
   */
  forget(): Promise<number>
}
