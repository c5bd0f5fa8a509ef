// Processes: https://opentelemetry.io/docs/specs/semconv/resource/process/
export const PROCESS_PID = "process.pid";
export const PROCESS_PARENT_PID = "process.parent_pid";
export const PROCESS_CREATION_TIME = "process.creation.time";
export const PROCESS_COMMAND = "process.command";
export const PROCESS_COMMAND_ARGS = "process.command_args";
export const PROCESS_COMMAND_LINE = "process.command_line";
export const PROCESS_EXECUTABLE_NAME = "process.executable.name";
export const PROCESS_EXECUTABLE_PATH = "process.executable.path";
export const PROCESS_LINUX_CGROUP = "process.linux.cgroup";
export const PROCESS_OWNER = "process.owner";
export const PROCESS_RUNTIME_NAME = "process.runtime.name";
export const PROCESS_RUNTIME_VERSION = "process.runtime.version";
