import { createMetrics } from "@libs/monitoring";
import { expect, test } from "bun:test";
import { createRouteMetrics } from "./route-metrics.ts";

function open() {
  const metrics = createMetrics({ service: "test", processMetrics: false });
  const linesOf = async (name: string): Promise<string[]> =>
    (await metrics.render()).split("\n").filter((line) => line.startsWith(name));
  return { routeMetrics: createRouteMetrics(metrics), linesOf };
}

test("ten thousand routes without a request leave every series to those with one", async () => {
  const { routeMetrics, linesOf } = open();
  const routes = Array.from({ length: 10_000 }, (_, index) => routeMetrics(`r${index}`, "shop"));
  const used = routes[9999];
  used?.started();
  used?.finished(200, 0.001);
  used?.transferred(0, 1000);
  for (const name of [
    'cartway_gateway_requests_total{route="r9999",service="shop",status="200"} 1',
    'cartway_gateway_request_duration_seconds_count{route="r9999",service="shop"} 1',
    'cartway_gateway_requests_in_flight{route="r9999",service="shop"} 0',
    'cartway_gateway_request_size_bytes_count{route="r9999",service="shop"} 1',
    'cartway_gateway_response_size_bytes_count{route="r9999",service="shop"} 1',
  ])
    expect(await linesOf(name)).toEqual([name]);
  expect(await linesOf("cartway_metrics_overflow_total")).toEqual([]);
});

test("answers of one route are counted by status, in whatever order they come", async () => {
  const { routeMetrics, linesOf } = open();
  const route = routeMetrics("cart", "shop");
  for (const status of [200, 404, 200, 200, 404]) {
    route.started();
    route.finished(status, 0.001);
  }
  expect(await linesOf("cartway_gateway_requests_total")).toEqual([
    'cartway_gateway_requests_total{route="cart",service="shop",status="200"} 3',
    'cartway_gateway_requests_total{route="cart",service="shop",status="404"} 2',
  ]);
});

test("the next config's metrics of a route continue the series", async () => {
  const { routeMetrics, linesOf } = open();
  const [old, next] = [routeMetrics("cart", "shop"), routeMetrics("cart", "shop")];
  old.started();
  next.started();
  expect(await linesOf("cartway_gateway_requests_in_flight")).toEqual([
    'cartway_gateway_requests_in_flight{route="cart",service="shop"} 2',
  ]);
  old.finished(200, 0.001);
  next.finished(200, 0.001);
  expect(await linesOf("cartway_gateway_requests_in_flight")).toEqual([
    'cartway_gateway_requests_in_flight{route="cart",service="shop"} 0',
  ]);
});
