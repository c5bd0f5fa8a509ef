// Processes: https://opentelemetry.io/docs/specs/semconv/resource/process/
export const PROCESS_PID = "process.pid";
export const PROCESS_COMMAND = "process.command";
export const PROCESS_EXECUTABLE_NAME = "process.executable.name";
export const PROCESS_EXECUTABLE_PATH = "process.executable.path";
export const PROCESS_RUNTIME_NAME = "process.runtime.name";
