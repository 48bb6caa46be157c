/** Anything JSON can carry: what a job's options and results are made of. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }
