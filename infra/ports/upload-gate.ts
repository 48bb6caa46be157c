/** What a valid signature allows: one object, of one type, up to a size. */
export interface UploadGrant {
  readonly key: string
  readonly contentType: string
  readonly maxBytes: number
}

/** Checks uploads that a store without its own HTTP endpoint signed, so that the api can take them in its stead. */
export interface UploadGate {
  /**
   * @param query the query string's parameters as received
   * @param now epoch ms
   * @returns undefined when the signature is wrong or has expired
   */
  open(query: Readonly<Record<string, string | undefined>>, now: number): UploadGrant | undefined
}
