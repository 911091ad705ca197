/** The path of a browser for tests; `null` where none is installed. */
export const chromiumPath: string | null =
  Bun.which("chromium") ?? Bun.which("chromium-browser") ?? Bun.which("google-chrome");

/** The command line of a headless browser that stores its data in `profile` and can only reach this host. */
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
