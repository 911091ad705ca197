/** Whether an absolute URL has exactly this path, whatever its query. Takes nothing apart: it runs on every request. */
export function isPath(url: string, path: string): boolean {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  if (start < 0 || !url.startsWith(path, start)) return false;
  const end = start + path.length;
  return end === url.length || url.charCodeAt(end) === 63 || url.charCodeAt(end) === 35;
}
