/** Makes an entry the newest of a map, and removes the oldest where there are then more than `max`: a map keeps the order of insertion. */
export function setNewest<K, V>(map: Map<K, V>, key: K, value: V, max: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= max) return;
  for (const oldest of map.keys()) return void map.delete(oldest);
}
