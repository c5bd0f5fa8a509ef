#include "addon.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <malloc.h>

#include <cerrno>
#include <memory>

#include "error.h"
#include "feature_probe.h"
#include "link.h"
#include "log_capture.h"
#include "map.h"
#include "object.h"
#include "program.h"
#include "unique_fd.h"

Addon::Addon(Napi::Env env, Napi::Object exports) {
  LogCapture::Install();
  object_class_ = Napi::Persistent(Object::Define(env));
  program_class_ = Napi::Persistent(Program::Define(env));
  map_class_ = Napi::Persistent(Map::Define(env));
  link_class_ = Napi::Persistent(Link::Define(env));
  DefineAddon(exports, {
                           InstanceMethod("open", &Addon::Open),
                           InstanceMethod("possibleCpus", &Addon::PossibleCpus),
                           InstanceMethod("enableStats", &Addon::EnableStats),
                           InstanceMethod("probe", &Addon::Probe),
                           InstanceMethod("trimMemory", &Addon::TrimMemory),
                           InstanceValue("version", Napi::String::New(env, libbpf_version_string())),
                       });
}

Napi::Value Addon::Open(const Napi::CallbackInfo& info) { return object_class_.New({info[0], info[1], info[2]}); }

Napi::Value Addon::PossibleCpus(const Napi::CallbackInfo& info) {
  const int count = libbpf_num_possible_cpus();
  if (count < 0) throw BpfError(info.Env(), count, "count possible cpus");
  return Napi::Number::New(info.Env(), count);
}

Napi::Value Addon::EnableStats(const Napi::CallbackInfo& info) {
  UniqueFd fd(bpf_enable_stats(BPF_STATS_RUN_TIME));
  if (!fd.valid()) throw BpfError(info.Env(), errno, "enable run time statistics");
  auto open = std::make_shared<UniqueFd>(std::move(fd));
  return Link::Create(info.Env(), [open] { *open = UniqueFd(); });
}

Napi::Value Addon::Probe(const Napi::CallbackInfo& info) {
  const std::string refusal = FeatureProbe(info[0]).Try();
  return refusal.empty() ? info.Env().Undefined() : Napi::String::New(info.Env(), refusal);
}

// Elsewhere than in glibc, free() has done it already or there is no such call.
void Addon::TrimMemory(const Napi::CallbackInfo&) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

NODE_API_ADDON(Addon)
