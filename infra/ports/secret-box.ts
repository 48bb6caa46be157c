/** Keeps secrets unreadable where they are stored. */
export interface SecretBox {
  /** @param context what the secret belongs to: sealed for one context it does not open in another */
  seal(secret: string, context: string): string
  /** @throws SecretUnreadableError when it was sealed with another key or for another context, or was tampered with */
  open(sealed: string, context: string): string
}
