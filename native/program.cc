#include "program.h"

#include <bpf/bpf.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "addon.h"
#include "bytes.h"
#include "error.h"
#include "fdinfo.h"
#include "link.h"
#include "log_capture.h"
#include "unique_fd.h"

namespace {

bool Flag(Napi::Object options, const char* name) { return options.Get(name).ToBoolean(); }

int64_t Number(Napi::Object options, const char* name, int64_t otherwise) {
  const Napi::Value value = options.Get(name);
  return value.IsNumber() ? value.As<Napi::Number>().Int64Value() : otherwise;
}

Napi::Object Options(const Napi::Value& value) {
  return value.IsObject() ? value.As<Napi::Object>() : Napi::Object::New(value.Env());
}

UniqueFd OpenClock(Napi::Object options) {
  perf_event_attr attr = {};
  attr.size = sizeof(attr);
  attr.type = PERF_TYPE_SOFTWARE;
  const std::string config = options.Get("config").ToString();
  attr.config = config == "task_clock" ? PERF_COUNT_SW_TASK_CLOCK : PERF_COUNT_SW_CPU_CLOCK;
  attr.freq = 1;
  attr.sample_freq = static_cast<uint64_t>(Number(options, "frequencyHz", 1));
  const int cpu = static_cast<int>(Number(options, "cpu", 0));
  return UniqueFd(static_cast<int>(syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
}

}  // namespace

Napi::Function Program::Define(Napi::Env env) {
  return DefineClass(env, "BpfProgram",
                     {
                         InstanceMethod<&Program::Attach>("attach"),
                         InstanceMethod<&Program::AttachRawTracepoint>("attachRawTracepoint"),
                         InstanceMethod<&Program::AttachTracepoint>("attachTracepoint"),
                         InstanceMethod<&Program::AttachKprobe>("attachKprobe"),
                         InstanceMethod<&Program::AttachUprobe>("attachUprobe"),
                         InstanceMethod<&Program::AttachPerfEvent>("attachPerfEvent"),
                         InstanceMethod<&Program::TestRun>("testRun"),
                         InstanceMethod<&Program::Info>("info"),
                         InstanceMethod<&Program::RecursionMisses>("recursionMisses"),
                     });
}

Napi::Object Program::Create(Napi::Env env, std::shared_ptr<ObjectHandle> handle, bpf_program* program) {
  State state{std::move(handle), program};
  return Addon::Of(env).program_class().New({Napi::External<State>::New(env, &state)});
}

Program::Program(const Napi::CallbackInfo& info) : ObjectWrap(info), state_(*Created<State>(info)) {
  name_ = bpf_program__name(state_.program);
  Napi::Object self = info.This().As<Napi::Object>();
  self.Set("name", name_);
  self.Set("section", bpf_program__section_name(state_.program));
  self.Set("autoload", bpf_program__autoload(state_.program));
}

bpf_program* Program::Opened(Napi::Env env) const {
  if (state_.handle->closed()) throw Napi::Error::New(env, "use program " + name_ + ": its object was closed");
  return state_.program;
}

int Program::Loaded(Napi::Env env, const std::string& attempt) const {
  const int fd = bpf_program__fd(Opened(env));
  if (fd < 0) throw BpfError(env, EINVAL, attempt + " " + name_ + ": it was not loaded");
  return fd;
}

template <typename Attempt>
Napi::Value Program::Linked(Napi::Env env, const std::string& target, Attempt attempt) {
  Loaded(env, "attach");
  LogCapture log;
  bpf_link* link = attempt(state_.program);
  if (link == nullptr) throw BpfError(env, errno, "attach " + name_ + " to " + target, log.Text());
  const uint64_t number = state_.handle->Adopt(link);
  return Link::Create(env, [handle = state_.handle, number] { handle->Detach(number); });
}

Napi::Value Program::Attach(const Napi::CallbackInfo& info) {
  return Linked(info.Env(), bpf_program__section_name(Opened(info.Env())), bpf_program__attach);
}

Napi::Value Program::AttachRawTracepoint(const Napi::CallbackInfo& info) {
  const std::string tracepoint = info[0].As<Napi::String>();
  return Linked(info.Env(), "raw tracepoint " + tracepoint, [&](bpf_program* program) {
    return bpf_program__attach_raw_tracepoint(program, tracepoint.c_str());
  });
}

Napi::Value Program::AttachTracepoint(const Napi::CallbackInfo& info) {
  const std::string category = info[0].As<Napi::String>();
  const std::string name = info[1].As<Napi::String>();
  return Linked(info.Env(), "tracepoint " + category + ":" + name, [&](bpf_program* program) {
    return bpf_program__attach_tracepoint(program, category.c_str(), name.c_str());
  });
}

Napi::Value Program::AttachKprobe(const Napi::CallbackInfo& info) {
  const std::string symbol = info[0].As<Napi::String>();
  const Napi::Object given = Options(info[1]);
  LIBBPF_OPTS(bpf_kprobe_opts, options, .offset = static_cast<size_t>(Number(given, "offset", 0)),
              .retprobe = Flag(given, "retprobe"));
  return Linked(info.Env(), "kprobe " + symbol, [&](bpf_program* program) {
    return bpf_program__attach_kprobe_opts(program, symbol.c_str(), &options);
  });
}

Napi::Value Program::AttachUprobe(const Napi::CallbackInfo& info) {
  const std::string path = info[0].As<Napi::String>();
  const Napi::Object given = Options(info[1]);
  const Napi::Value symbol = given.Get("symbol");
  const std::string function = symbol.IsString() ? symbol.As<Napi::String>() : std::string();
  LIBBPF_OPTS(bpf_uprobe_opts, options, .retprobe = Flag(given, "retprobe"));
  if (!function.empty()) options.func_name = function.c_str();
  bool lossless = true;
  if (given.Get("cookie").IsBigInt()) options.bpf_cookie = given.Get("cookie").As<Napi::BigInt>().Uint64Value(&lossless);
  const auto pid = static_cast<pid_t>(Number(given, "pid", -1));
  const auto offset = static_cast<size_t>(Number(given, "offset", 0));
  return Linked(info.Env(), "uprobe " + path + (function.empty() ? "" : ":" + function), [&](bpf_program* program) {
    return bpf_program__attach_uprobe_opts(program, pid, path.c_str(), offset, &options);
  });
}

Napi::Value Program::AttachPerfEvent(const Napi::CallbackInfo& info) {
  UniqueFd fd = OpenClock(Options(info[0]));
  if (!fd.valid()) throw BpfError(info.Env(), errno, "open a perf event for " + name_);
  Napi::Value link = Linked(info.Env(), "a perf event",
                            [&](bpf_program* program) { return bpf_program__attach_perf_event(program, fd.get()); });
  fd.Release();  // The link closes it.
  return link;
}

Napi::Value Program::TestRun(const Napi::CallbackInfo& info) {
  const int fd = Loaded(info.Env(), "run");
  LIBBPF_OPTS(bpf_test_run_opts, options);
  if (info[0].IsTypedArray()) {
    const Bytes context = ToBytes(info[0], "context");
    options.ctx_in = context.data();
    options.ctx_size_in = static_cast<uint32_t>(context.size());
  }
  const int error = bpf_prog_test_run_opts(fd, &options);
  if (error != 0) throw BpfError(info.Env(), error, "run " + name_);
  return Napi::Number::New(info.Env(), options.retval);
}

bpf_prog_info Program::Inspect(Napi::Env env) const {
  bpf_prog_info kernel = {};
  uint32_t size = sizeof(kernel);
  const int error = bpf_obj_get_info_by_fd(Loaded(env, "inspect"), &kernel, &size);
  if (error != 0) throw BpfError(env, error, "inspect " + name_);
  return kernel;
}

Napi::Value Program::RecursionMisses(const Napi::CallbackInfo& info) {
  return Napi::BigInt::New(info.Env(), static_cast<uint64_t>(Inspect(info.Env()).recursion_misses));
}

Napi::Value Program::Info(const Napi::CallbackInfo& info) {
  const bpf_prog_info kernel = Inspect(info.Env());
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("id", kernel.id);
  result.Set("runCount", Napi::BigInt::New(info.Env(), static_cast<uint64_t>(kernel.run_cnt)));
  result.Set("runTimeNs", Napi::BigInt::New(info.Env(), static_cast<uint64_t>(kernel.run_time_ns)));
  result.Set("verifiedInstructions", kernel.verified_insns);
  result.Set("jitedBytes", kernel.jited_prog_len);
  result.Set("memlockBytes", static_cast<double>(MemlockBytes(bpf_program__fd(state_.program))));
  return result;
}
