/**
 * Milliseconds for a hook or a test that opens embedded stores or starts whole apps: the runner's own 5 s are near what that takes on a busy
 * machine.
 */
export const openingLimitMs = 60_000;
