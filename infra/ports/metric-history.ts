/** A time in equal steps. Epoch ms and ms; the first step is at `from`, the last at or before `until`. */
export interface MetricSpan {
  readonly from: number
  readonly until: number
  readonly stepMs: number
}

/** What a query said over a time. */
export type MetricRecord =
  /** one for each step; undefined = there was no number then */
  | {
      readonly kind: 'values'
      readonly values: readonly (number | undefined)[]
      /** why something may be missing in them, as the server said it; undefined = they are all there is */
      readonly warnings?: readonly string[]
    }
  /** there is no one series; `why` in words */
  | { readonly kind: 'none'; readonly why: string }

/** Asks a server of metrics for what was. */
export interface MetricHistory {
  /**
   * One number for each step of a time.
   * @param query PromQL
   * @throws UnavailableError when there was no answer in time, or none that such a server gives
   */
  readSpan(query: string, span: MetricSpan): Promise<MetricRecord>
}
