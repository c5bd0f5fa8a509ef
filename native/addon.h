// What `require` gives: Libbpf in src/native/libbpf.ts. One per JavaScript environment, so each worker has its own.
#ifndef NATIVE_ADDON_H_
#define NATIVE_ADDON_H_

#include <napi.h>

class Addon : public Napi::Addon<Addon> {
 public:
  Addon(Napi::Env env, Napi::Object exports);

  static Addon& Of(Napi::Env env) { return *env.GetInstanceData<Addon>(); }

  const Napi::FunctionReference& object_class() const { return object_class_; }
  const Napi::FunctionReference& program_class() const { return program_class_; }
  const Napi::FunctionReference& map_class() const { return map_class_; }
  const Napi::FunctionReference& link_class() const { return link_class_; }

 private:
  Napi::Value Open(const Napi::CallbackInfo& info);
  Napi::Value PossibleCpus(const Napi::CallbackInfo& info);
  Napi::Value EnableStats(const Napi::CallbackInfo& info);
  Napi::Value Probe(const Napi::CallbackInfo& info);
  void TrimMemory(const Napi::CallbackInfo& info);

  Napi::FunctionReference object_class_;
  Napi::FunctionReference program_class_;
  Napi::FunctionReference map_class_;
  Napi::FunctionReference link_class_;
};

// The state the addon passes to a class's constructor, which throws when JavaScript calls it by itself.
template <typename State>
State* Created(const Napi::CallbackInfo& info) {
  if (!info[0].IsExternal()) throw Napi::TypeError::New(info.Env(), "illegal constructor");
  return info[0].As<Napi::External<State>>().Data();
}

#endif  // NATIVE_ADDON_H_
