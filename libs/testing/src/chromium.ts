/** Where a browser is that tests can drive; `null` where none is installed. */
export const chromiumPath: string | null =
  Bun.which("chromium") ?? Bun.which("chromium-browser") ?? Bun.which("google-chrome");

/** The command of one without a window, that keeps what it keeps in `profile` and reaches no host but this one. */
export function headlessChromium(profile: string): readonly string[] {
  if (chromiumPath === null) throw new Error("chromium is not installed");
  return [
    chromiumPath,
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    `--user-data-dir=${profile}`,
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
  ];
}
