/**
 * Timeout in milliseconds for a hook or test that opens embedded stores or starts whole apps, which can take the runner's default of 5 s
 * on a busy machine.
 */
export const openingLimitMs = 60_000;
