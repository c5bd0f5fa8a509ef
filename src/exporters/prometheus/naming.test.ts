import { describe, expect, it } from "vitest";
import { escapeName } from "./escaping.ts";
import { labelName, metricName, type TranslationStrategy } from "./naming.ts";

const escaped: TranslationStrategy = { suffixes: true, utf8: false };
const escapedBare: TranslationStrategy = { suffixes: false, utf8: false };
const utf8: TranslationStrategy = { suffixes: true, utf8: true };
const bare: TranslationStrategy = { suffixes: false, utf8: true };

describe("metricName", () => {
  it.each([
    ["http.server.request.duration", "s", "histogram", "http_server_request_duration_seconds"],
    ["system.io", "By", "counter", "system_io_bytes_total"],
    ["system.network.dropped", "{packets}", "counter", "system_network_dropped_total"],
    ["network.io_total", "By", "counter", "network_io_bytes_total"],
    ["total.of.total", "", "counter", "of_total"],
    ["cpu.utilization", "1", "gauge", "cpu_utilization_ratio"],
    ["cpu_ratio_now", "1", "gauge", "cpu_now_ratio"],
    ["calls", "1", "counter", "calls_total"],
    ["temperature", "Cel", "gauge", "temperature_celsius"],
    ["disk.used", "%", "gauge", "disk_used_percent"],
    ["rate", "By/s", "gauge", "rate_bytes_per_second"],
    ["rate", "{requests}/s", "gauge", "rate_per_second"],
    ["rate", "/min", "gauge", "rate_per_min"],
    ["speed_m_per_second", "m/s", "gauge", "speed_m_per_second_meters_per_second"],
    ["request.duration.seconds", "s", "histogram", "request_duration_seconds"],
    ["seconds_of_work", "s", "gauge", "seconds_of_work"],
    ["a", "$/foo", "gauge", "a_per_foo"],
    ["a", "bar$/foo", "gauge", "a_bar_per_foo"],
    ["a", "{objects}", "gauge", "a"],
    ["1xx.count", "", "gauge", "_1xx_count"],
    ["sp ace--d__name", "", "gauge", "sp_ace_d_name"],
    ["a:b", "", "gauge", "a:b"],
    ["größe", "", "gauge", "gr_e"],
  ])("translates %s of %s, a %s, to %s", (name, unit, type, expected) => {
    expect(metricName({ name, unit, type }, "", escaped)).toBe(expected);
  });

  it.each([
    [escaped, "ns", "a.b", "ns_a_b_seconds_total"],
    [escaped, "test-ns", "a.b", "test-ns_a_b_seconds_total"],
    [escapedBare, "", "a.b__c", "a_b__c"],
    [escapedBare, "", "1.b", "_1_b"],
    [escapedBare, "test-ns", "a.b", "test_ns_a_b"],
    [utf8, "", "a.b", "a.b_seconds_total"],
    [utf8, "ns", "a.b_seconds", "ns_a.b_seconds_total"],
    [utf8, "", "a.b.total", "a.b_seconds_total"],
    [bare, "", "a.b", "a.b"],
    [bare, "ns", "a.b", "ns_a.b"],
  ])("with %j and namespace %s translates %s to %s", (strategy, namespace, name, expected) => {
    expect(metricName({ name, unit: "s", type: "counter" }, namespace, strategy)).toBe(expected);
  });

  it("puts the suffixes of UTF-8 names in their order", () => {
    expect(metricName({ name: "x", unit: "By/s", type: "counter" }, "", utf8)).toBe(
      "x_bytes_per_second_total",
    );
    expect(metricName({ name: "x_ratio", unit: "1", type: "gauge" }, "", utf8)).toBe("x_ratio");
  });

  it("refuses names of which nothing is left", () => {
    const name = (text: string) => () => metricName({ name: text, unit: "", type: "gauge" }, "", escaped);
    expect(name("ü")).toThrow('normalization for metric "ü" resulted in empty name');
    expect(() => metricName({ name: "_ü_", unit: "", type: "gauge" }, "", escapedBare)).toThrow(
      'normalization for metric "_ü_" resulted in invalid name "___"',
    );
  });
});

describe("labelName", () => {
  it.each([
    ["http.method", "http_method"],
    ["http..method", "http_method"],
    ["a__b", "a_b"],
    ["1st", "key_1st"],
    ["_private", "_private"],
    ["__name__", "__name__"],
    ["__a.b__", "__a_b__"],
    ["größe", "gr_e"],
  ])("translates %s to %s", (label, expected) => {
    expect(labelName(label, escaped)).toBe(expected);
    expect(labelName(label, utf8)).toBe(label);
  });

  it.each(["", "_", "..", "__"])("refuses %j", (label) => {
    expect(() => labelName(label, escaped)).toThrow(/label name/);
  });
});

describe("escapeName", () => {
  it.each([
    ["underscores", "a.b_c/1", "a_b_c_1"],
    ["underscores", "1a", "_a"],
    ["underscores", "a_b", "a_b"],
    ["dots", "a.b_c/d", "a_dot_b__c__d"],
    ["values", "a.b_c", "U__a_2e_b__c"],
    ["values", "a_b", "a_b"],
    ["allow-utf-8", "a.b", "a.b"],
  ] as const)("as %s writes %s as %s", (escaping, name, expected) => {
    expect(escapeName(name, escaping)).toBe(expected);
  });
});
