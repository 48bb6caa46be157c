/** Shift this process's wall clock, before anything else is loaded. The monotonic clock is no wall clock and stays. */
const skewMs = Number(process.env.CHAOS_SKEW_MS ?? 0)

if (skewMs !== 0) {
  const Real = Date
  globalThis.Date = new Proxy(Real, {
    construct: (target, args: unknown[]) =>
      Reflect.construct(target, args.length > 0 ? args : [Real.now() + skewMs]) as object,
    get: (target, key) => (key === 'now' ? () => Real.now() + skewMs : Reflect.get(target, key)),
  })
}
