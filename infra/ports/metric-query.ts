/** What a query said at one instant. */
export type MetricAnswer =
  | {
      readonly kind: 'value'
      /** finite */
      readonly value: number
      /** epoch ms that it is of */
      readonly at: number
      /** why something may be missing in it, as the server said it; empty = it is all there is */
      readonly warnings: readonly string[]
    }
  /** there is no one number: no data, several series, NaN, a query that nobody can answer; `why` in words */
  | { readonly kind: 'none'; readonly why: string }

/** Asks a server of metrics for numbers. */
export interface MetricQuery {
  /**
   * One number at one instant.
   * @param query PromQL
   * @param at epoch ms
   * @throws UnavailableError when there was no answer in time, or none that such a server gives
   */
  read(query: string, at: number): Promise<MetricAnswer>
}
