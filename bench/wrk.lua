-- Says what wrk measured as one line of JSON, and slows it down where PACE_MS is set: that long before each request.
local pace = tonumber(os.getenv("PACE_MS"))
if pace then
  function delay()
    return pace
  end
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"durationUs":%d,"errors":%d,"p50Us":%d,"p99Us":%d}\n',
    summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
