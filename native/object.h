// BpfObject: an ELF object's programs and maps, from its bytes to their close.
#ifndef NATIVE_OBJECT_H_
#define NATIVE_OBJECT_H_

#include <napi.h>

#include <memory>
#include <string>

#include "object_handle.h"

class Object : public Napi::ObjectWrap<Object> {
 public:
  static Napi::Function Define(Napi::Env env);
  // Arguments: name, bytes, options.
  explicit Object(const Napi::CallbackInfo& info);

 private:
  void Load(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);
  Napi::Value Structs(const Napi::CallbackInfo& info);
  Napi::Value Programs(const Napi::CallbackInfo& info);
  Napi::Value Maps(const Napi::CallbackInfo& info);
  Napi::Value FindProgram(const Napi::CallbackInfo& info);
  Napi::Value FindMap(const Napi::CallbackInfo& info);

  // Throws when the object was closed.
  bpf_object* Opened(Napi::Env env) const;
  // Both throw, naming those there are, when there is none of that name.
  bpf_program* ProgramNamed(Napi::Env env, const std::string& name) const;
  bpf_map* MapNamed(Napi::Env env, const std::string& name) const;
  void Configure(Napi::Object options);
  void ConfigureMap(const std::string& name, Napi::Object options);

  std::string name_;
  std::shared_ptr<ObjectHandle> handle_;
};

#endif  // NATIVE_OBJECT_H_
