/** The environment of the stack that is looked at. */
export type Env = Readonly<Record<string, string | undefined>>
