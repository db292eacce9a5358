import fc from 'fast-check'

// The same examples in every run, so that a red test is red again; another FUZZ_SEED gives others.
fc.configureGlobal({ seed: Number(process.env.FUZZ_SEED ?? 1) })
