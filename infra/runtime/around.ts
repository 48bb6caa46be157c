/**
 * Put something around an adapter as it is opened. The product takes adapters as they are; a fault test wraps them, and so
 * can stop a process between any two of its steps.
 * @param name of the port, for example `jobs`
 */
export type Around = <T extends object>(name: string, adapter: T) => T

/** Both, the first outermost. */
export const outside =
  (outer: Around, inner: Around): Around =>
  (name, adapter) =>
    outer(name, inner(name, adapter))

export const asIs: Around = (_name, adapter) => adapter
