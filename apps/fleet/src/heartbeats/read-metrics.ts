import type { ClickHouseClient } from "@libs/database";

export interface MetricsQuery {
  readonly deviceId: string;
  /** One metric, or all of them. */
  readonly metric: string | null;
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Maximum points per series: heartbeats between two of them are aggregated. */
  readonly points: number;
}

export interface MetricPoint {
  readonly at: string;
  readonly average: number;
  readonly min: number;
  readonly max: number;
}

export interface MetricSeries {
  readonly metric: string;
  readonly points: readonly MetricPoint[];
}

export interface DeviceMetrics {
  readonly stepMs: number;
  readonly series: readonly MetricSeries[];
}

interface PointRow {
  readonly metric: string;
  readonly bucket: string;
  readonly average: number;
  readonly least: number;
  readonly most: number;
}

const seriesMax = 64;

/** Metrics that a device reported over time. The caller MUST have checked whose device it is. */
export async function readMetrics(
  clickhouse: ClickHouseClient,
  { deviceId, metric, sinceMs, untilMs, points }: MetricsQuery,
): Promise<DeviceMetrics> {
  const stepMs = Math.max(1000, Math.ceil((untilMs - sinceMs) / points));
  const rows = await clickhouse.query<PointRow>(
    `SELECT metric, bucket, avg(value) AS average, min(value) AS least, max(value) AS most
      FROM (
        SELECT entry.1 AS metric, entry.2 AS value,
          intDiv(toUnixTimestamp64Milli(at), {stepMs:Int64}) * {stepMs:Int64} AS bucket
        FROM device_heartbeats ARRAY JOIN CAST(metrics, 'Array(Tuple(String, Float64))') AS entry
        WHERE device_id = {deviceId:UUID}
          AND at >= fromUnixTimestamp64Milli({sinceMs:Int64}) AND at < fromUnixTimestamp64Milli({untilMs:Int64})
          AND ({metric:String} = '' OR entry.1 = {metric:String})
      )
      GROUP BY metric, bucket ORDER BY metric, bucket LIMIT {rowsMax:UInt32}`,
    { deviceId, stepMs, sinceMs, untilMs, metric: metric ?? "", rowsMax: seriesMax * (points + 1) },
  );
  const byMetric = Map.groupBy(rows, (row) => row.metric);
  return {
    stepMs,
    series: [...byMetric].map(([name, own]) => ({
      metric: name,
      points: own.map(({ bucket, average, least, most }) => ({
        at: new Date(Number(bucket)).toISOString(),
        average,
        min: least,
        max: most,
      })),
    })),
  };
}
