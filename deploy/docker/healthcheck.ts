/** Exits 0 while the app of this container is ready: what compose and other orchestrators without HTTP probes run. */
const port = process.env["PORT"] ?? process.argv[2] ?? "3000";
try {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(3000) });
  process.exit(answer.ok ? 0 : 1);
} catch {
  process.exit(1);
}
