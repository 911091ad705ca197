/** Parses the counters with a prefix from Prometheus' text format; keys are the name without the prefix, and the labels. */
export function readCounters(text: string, prefix: string): ReadonlyMap<string, number> {
  const counters = new Map<string, number>();
  for (const line of text.split("\n")) {
    if (!line.startsWith(prefix)) continue;
    const end = line.lastIndexOf(" ");
    const series = line.slice(prefix.length, end);
    if (/^\w+_total(?:\{|$)/.test(series)) counters.set(series, Number(line.slice(end + 1)));
  }
  return counters;
}
