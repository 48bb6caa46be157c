/** What a detached stack tells the command that started it. */
export type StackMessage =
  | { readonly type: 'say'; readonly line: string }
  | { readonly type: 'warn'; readonly line: string }
  | { readonly type: 'ready'; readonly url: string; readonly apiKey: string }
  | { readonly type: 'failed'; readonly lines: readonly string[]; readonly exitCode: number }
  | { readonly type: 'taken' }
