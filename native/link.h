// BpfLink: something attached. Collecting the JavaScript object does not detach; close() and the object's close() do.
#ifndef NATIVE_LINK_H_
#define NATIVE_LINK_H_

#include <napi.h>

#include <functional>

class Link : public Napi::ObjectWrap<Link> {
 public:
  using Detach = std::function<void()>;

  static Napi::Function Define(Napi::Env env);
  static Napi::Object Create(Napi::Env env, Detach detach);
  explicit Link(const Napi::CallbackInfo& info);

 private:
  void Close(const Napi::CallbackInfo& info);

  Detach detach_;
};

#endif  // NATIVE_LINK_H_
