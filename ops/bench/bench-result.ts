/** What a bench found; a figure that could not be taken is null with a `why` beside it. */
export type BenchResult = Readonly<Record<string, unknown>>;
