/** More would be a mistake in a number, not a machine. */
const countMax = 128;

/**
 * @param text a whole number from 1 to 128, or `auto` for `cores`.
 * @throws Error that says what it should have been, and where `platform` cannot spread connections over processes.
 */
export function readWorkerCount(text: string, cores: number, platform: NodeJS.Platform): number {
  const count = text === "auto" ? Math.min(cores, countMax) : wholeNumber(text);
  if (count < 1 || count > countMax)
    throw new Error(`--workers (WORKERS) is a whole number from 1 to ${countMax}, or auto, and not ${text}`);
  if (count > 1 && platform !== "linux")
    throw new Error(
      "--workers (WORKERS) above 1 needs Linux: elsewhere the kernel gives all connections to one of them",
    );
  return count;
}

function wholeNumber(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}
