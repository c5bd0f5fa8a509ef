// BpfProgram: one program of an object, and the ways to attach it.
#ifndef NATIVE_PROGRAM_H_
#define NATIVE_PROGRAM_H_

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <napi.h>

#include <memory>
#include <string>

#include "object_handle.h"

class Program : public Napi::ObjectWrap<Program> {
 public:
  static Napi::Function Define(Napi::Env env);
  static Napi::Object Create(Napi::Env env, std::shared_ptr<ObjectHandle> handle, bpf_program* program);
  explicit Program(const Napi::CallbackInfo& info);

 private:
  struct State {
    std::shared_ptr<ObjectHandle> handle;
    bpf_program* program;
  };

  Napi::Value Attach(const Napi::CallbackInfo& info);
  Napi::Value AttachRawTracepoint(const Napi::CallbackInfo& info);
  Napi::Value AttachTracepoint(const Napi::CallbackInfo& info);
  Napi::Value AttachKprobe(const Napi::CallbackInfo& info);
  Napi::Value AttachUprobe(const Napi::CallbackInfo& info);
  Napi::Value AttachPerfEvent(const Napi::CallbackInfo& info);
  Napi::Value TestRun(const Napi::CallbackInfo& info);
  Napi::Value Info(const Napi::CallbackInfo& info);
  Napi::Value RecursionMisses(const Napi::CallbackInfo& info);

  // Throws when the object was closed.
  bpf_program* Opened(Napi::Env env) const;
  // The program's descriptor; throws when it was not loaded.
  int Loaded(Napi::Env env, const std::string& attempt) const;
  // What the kernel says about the program; throws as Loaded().
  bpf_prog_info Inspect(Napi::Env env) const;
  // Wraps what libbpf returned; throws its error, with what it printed.
  template <typename Attempt>
  Napi::Value Linked(Napi::Env env, const std::string& target, Attempt attempt);

  std::string name_;
  State state_;
};

#endif  // NATIVE_PROGRAM_H_
