import type { QueueMetrics } from "../../src/exporters/helper/queue.ts";

/** For a queue whose metrics nobody looks at. */
export const noQueueMetrics: QueueMetrics = {
  failed: { add() {} },
  enqueued: { record() {} },
  batches: undefined,
};
