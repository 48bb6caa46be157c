/**
 * What was heard once. All processes share it, so that what is sent again works no second time, wherever it arrives.
 * @throws UnavailableError
 */
export interface ReplayRecord {
  /** @param key not over 200 characters @returns false = it was heard in the last 15 minutes */
  isNew(key: string): Promise<boolean>
}
