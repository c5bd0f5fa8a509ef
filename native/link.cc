#include "link.h"

#include <utility>

#include "addon.h"

Napi::Function Link::Define(Napi::Env env) {
  return DefineClass(env, "BpfLink", {InstanceMethod<&Link::Close>("close")});
}

Napi::Object Link::Create(Napi::Env env, Detach detach) {
  return Addon::Of(env).link_class().New({Napi::External<Detach>::New(env, &detach)});
}

Link::Link(const Napi::CallbackInfo& info) : ObjectWrap(info), detach_(std::move(*Created<Detach>(info))) {}

void Link::Close(const Napi::CallbackInfo&) {
  if (detach_) std::exchange(detach_, nullptr)();
}
