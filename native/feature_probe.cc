#include "feature_probe.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "error.h"
#include "log_capture.h"
#include "unique_fd.h"

namespace {

constexpr const char* kKinds[] = {"helper", "program", "map", "tracepoint", "rawTracepoint", "kprobe", "fentry"};

// return 0
constexpr bpf_insn kReturnZero[] = {
    {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .src_reg = 0, .off = 0, .imm = 0},
    {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
};

UniqueFd LoadReturnZero(bpf_prog_type type, bpf_prog_load_opts* options) {
  return UniqueFd(bpf_prog_load(type, "probe", "GPL", kReturnZero, std::size(kReturnZero), options));
}

// What libbpf_probe_* answers: 1 there, 0 not, negative an error. A lack of rights is "not" too, and told by errno.
std::string Answer(int result) {
  if (result == 1) return "";
  if (result < 0) return Reason(result);
  return Reason(errno == EPERM ? EPERM : EOPNOTSUPP);
}

// libbpf knows how older kernels refuse a helper; newer ones say it in other words, and without rights none is said.
std::string RefusalOfHelper(bpf_prog_type type, int helper) {
  const bpf_insn call[] = {
      {.code = BPF_JMP | BPF_CALL, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = helper},
      {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
  };
  char log[4096] = "";
  LIBBPF_OPTS(bpf_prog_load_opts, options, .log_level = 1, .log_size = sizeof(log), .log_buf = log);
  const UniqueFd program(bpf_prog_load(type, "probe", "GPL", call, std::size(call), &options));
  if (program.valid()) return "";
  if (errno == EPERM) return Reason(EPERM);
  return std::strstr(log, "cannot use helper") == nullptr ? "" : Reason(EOPNOTSUPP);
}

// The type a `SEC` name stands for, as libbpf maps it.
int ProgramType(const std::string& name) {
  for (int type = 1; const char* known = libbpf_bpf_prog_type_str(static_cast<bpf_prog_type>(type)); type++) {
    if (name == known) return type;
  }
  return -1;
}

int MapType(const std::string& name) {
  for (int type = 1; const char* known = libbpf_bpf_map_type_str(static_cast<bpf_map_type>(type)); type++) {
    if (name == known) return type;
  }
  return -1;
}

// A number from sysfs or tracefs, or -1.
int ReadNumber(const std::string& path) {
  std::ifstream file(path);
  int number = -1;
  return file >> number ? number : -1;
}

bool HasTracefs() {
  return access("/sys/kernel/tracing/events", F_OK) == 0 || access("/sys/kernel/debug/tracing/events", F_OK) == 0;
}

UniqueFd OpenPerfEvent(perf_event_attr* attr) {
  attr->size = sizeof(*attr);
  return UniqueFd(static_cast<int>(syscall(SYS_perf_event_open, attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC)));
}

}  // namespace

FeatureProbe::FeatureProbe(const Napi::Value& feature) {
  const Napi::Object given = feature.As<Napi::Object>();
  for (const char* kind : kKinds) {
    if (!given.Has(kind)) continue;
    kind_ = kind;
    if (kind_ == "helper") helper_ = given.Get(kind).As<Napi::Number>().Int32Value();
    name_ = given.Get(kind_ == "helper" ? "program" : kind).As<Napi::String>();
    return;
  }
  throw Napi::TypeError::New(feature.Env(), "probe: no such kind of feature");
}

std::string FeatureProbe::Try() const {
  LogCapture quiet;
  if (kind_ == "helper") return TryHelper();
  if (kind_ == "program") return TryProgram();
  if (kind_ == "map") return TryMap();
  if (kind_ == "tracepoint") return TryTracepoint();
  if (kind_ == "rawTracepoint") return TryRawTracepoint();
  if (kind_ == "kprobe") return TryKprobe();
  return TryFentry();
}

std::string FeatureProbe::TryProgram() const {
  const int type = ProgramType(name_);
  return type < 0 ? Reason(EINVAL) : Answer(libbpf_probe_bpf_prog_type(static_cast<bpf_prog_type>(type), nullptr));
}

std::string FeatureProbe::TryHelper() const {
  const int number = ProgramType(name_);
  if (number < 0) return Reason(EINVAL);
  const auto type = static_cast<bpf_prog_type>(number);
  const int answer = libbpf_probe_bpf_helper(type, static_cast<bpf_func_id>(helper_), nullptr);
  return answer == 1 ? RefusalOfHelper(type, helper_) : Answer(answer);
}

std::string FeatureProbe::TryMap() const {
  const int type = MapType(name_);
  return type < 0 ? Reason(EINVAL) : Answer(libbpf_probe_bpf_map_type(static_cast<bpf_map_type>(type), nullptr));
}

// "category:name" or "category/name".
std::string FeatureProbe::TryTracepoint() const {
  std::string path = name_;
  if (const size_t colon = path.find(':'); colon != std::string::npos) path[colon] = '/';
  int id = ReadNumber("/sys/kernel/tracing/events/" + path + "/id");
  if (id < 0) id = ReadNumber("/sys/kernel/debug/tracing/events/" + path + "/id");
  if (id < 0) return Reason(ENOENT) + (HasTracefs() ? "" : "; tracefs is not mounted at /sys/kernel/tracing");
  perf_event_attr attr = {};
  attr.type = PERF_TYPE_TRACEPOINT;
  attr.config = static_cast<uint64_t>(id);
  return OpenPerfEvent(&attr).valid() ? "" : Reason(errno);
}

std::string FeatureProbe::TryRawTracepoint() const {
  const UniqueFd program = LoadReturnZero(BPF_PROG_TYPE_RAW_TRACEPOINT, nullptr);
  if (!program.valid()) return Reason(errno);
  const UniqueFd link(bpf_raw_tracepoint_open(name_.c_str(), program.get()));
  return link.valid() ? "" : Reason(errno);
}

std::string FeatureProbe::TryKprobe() const {
  const int type = ReadNumber("/sys/bus/event_source/devices/kprobe/type");
  if (type < 0) return Reason(EOPNOTSUPP);
  perf_event_attr attr = {};
  attr.type = static_cast<uint32_t>(type);
  attr.config1 = reinterpret_cast<uint64_t>(name_.c_str());
  return OpenPerfEvent(&attr).valid() ? "" : Reason(errno);
}

std::string FeatureProbe::TryFentry() const {
  const int function = libbpf_find_vmlinux_btf_id(name_.c_str(), BPF_TRACE_FEXIT);
  if (function < 0) return Reason(function);
  LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_FEXIT,
              .attach_btf_id = static_cast<uint32_t>(function));
  const UniqueFd program = LoadReturnZero(BPF_PROG_TYPE_TRACING, &options);
  if (!program.valid()) return Reason(errno);
  const UniqueFd link(bpf_raw_tracepoint_open(nullptr, program.get()));
  return link.valid() ? "" : Reason(errno);
}
