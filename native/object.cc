#include "object.h"

#include <bpf/libbpf.h>

#include <cerrno>

#include "addon.h"
#include "bytes.h"
#include "error.h"
#include "log_capture.h"
#include "map.h"
#include "program.h"
#include "rodata.h"
#include "signal_block.h"
#include "struct_layouts.h"

namespace {

// An option's own keys, or none where it was not given.
Napi::Array Names(const Napi::Value& option) {
  return option.IsObject() ? option.As<Napi::Object>().GetPropertyNames() : Napi::Array::New(option.Env());
}

}  // namespace

Napi::Function Object::Define(Napi::Env env) {
  return DefineClass(env, "BpfObject",
                     {
                         InstanceMethod<&Object::Load>("load"),
                         InstanceMethod<&Object::Close>("close"),
                         InstanceMethod<&Object::Structs>("structs"),
                         InstanceMethod<&Object::FindProgram>("program"),
                         InstanceMethod<&Object::FindMap>("map"),
                         InstanceAccessor<&Object::Programs>("programs"),
                         InstanceAccessor<&Object::Maps>("maps"),
                     });
}

Object::Object(const Napi::CallbackInfo& info)
    : ObjectWrap(info), name_(info[0].IsString() ? info[0].As<Napi::String>() : std::string("object")) {
  const Bytes bytes = ToBytes(info[1], "bytes");
  LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = name_.c_str());
  LogCapture log;
  bpf_object* object = bpf_object__open_mem(bytes.data(), bytes.size(), &options);
  if (object == nullptr) throw BpfError(info.Env(), errno, "open " + name_, log.Text());
  handle_ = std::make_shared<ObjectHandle>(object);
  if (info[2].IsObject()) Configure(info[2].As<Napi::Object>());
}

void Object::Configure(Napi::Object options) {
  const Napi::Value rodata = options.Get("rodata");
  if (rodata.IsObject()) SetRodata(Opened(Env()), rodata.As<Napi::Object>());
  const Napi::Value autoload = options.Get("autoload");
  const Napi::Array programs = Names(autoload);
  for (uint32_t i = 0; i < programs.Length(); i++) {
    const std::string name = programs.Get(i).As<Napi::String>();
    bpf_program__set_autoload(ProgramNamed(Env(), name), autoload.As<Napi::Object>().Get(name).ToBoolean());
  }
  const Napi::Value maps = options.Get("maps");
  const Napi::Array names = Names(maps);
  for (uint32_t i = 0; i < names.Length(); i++) {
    const std::string name = names.Get(i).As<Napi::String>();
    ConfigureMap(name, maps.As<Napi::Object>().Get(name).As<Napi::Object>());
  }
}

void Object::ConfigureMap(const std::string& name, Napi::Object options) {
  bpf_map* map = MapNamed(Env(), name);
  const Napi::Value max_entries = options.Get("maxEntries");
  const Napi::Value autocreate = options.Get("autocreate");
  const Napi::Value reuse = options.Get("reuse");
  int error = 0;
  if (max_entries.IsNumber()) error = bpf_map__set_max_entries(map, max_entries.As<Napi::Number>().Uint32Value());
  if (error == 0 && autocreate.IsBoolean()) error = bpf_map__set_autocreate(map, autocreate.ToBoolean());
  if (error == 0 && reuse.IsObject()) error = bpf_map__reuse_fd(map, Map::From(reuse)->fd());
  if (error != 0) throw BpfError(Env(), error, "configure map " + name + " of " + name_);
}

bpf_object* Object::Opened(Napi::Env env) const {
  if (handle_->closed()) throw Napi::Error::New(env, "use " + name_ + ": it was closed");
  return handle_->get();
}

bpf_program* Object::ProgramNamed(Napi::Env env, const std::string& name) const {
  bpf_program* program = bpf_object__find_program_by_name(Opened(env), name.c_str());
  if (program != nullptr) return program;
  std::string known;
  bpf_object__for_each_program(program, handle_->get()) known += std::string(" ") + bpf_program__name(program);
  throw BpfError(env, ENOENT, "find program " + name + " in " + name_ + " (known:" + known + ")");
}

bpf_map* Object::MapNamed(Napi::Env env, const std::string& name) const {
  bpf_map* map = bpf_object__find_map_by_name(Opened(env), name.c_str());
  if (map != nullptr) return map;
  std::string known;
  bpf_object__for_each_map(map, handle_->get()) known += std::string(" ") + bpf_map__name(map);
  throw BpfError(env, ENOENT, "find map " + name + " in " + name_ + " (known:" + known + ")");
}

void Object::Load(const Napi::CallbackInfo& info) {
  const SignalBlock block;
  LogCapture log;
  const int error = bpf_object__load(Opened(info.Env()));
  if (error != 0) throw BpfError(info.Env(), error, "load " + name_, log.Text());
}

void Object::Close(const Napi::CallbackInfo&) { handle_->Release(); }

Napi::Value Object::Structs(const Napi::CallbackInfo& info) {
  return StructLayouts(info.Env(), bpf_object__btf(Opened(info.Env())));
}

Napi::Value Object::Programs(const Napi::CallbackInfo& info) {
  Napi::Array result = Napi::Array::New(info.Env());
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, Opened(info.Env())) {
    result.Set(result.Length(), Program::Create(info.Env(), handle_, program));
  }
  return result;
}

Napi::Value Object::Maps(const Napi::CallbackInfo& info) {
  Napi::Array result = Napi::Array::New(info.Env());
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, Opened(info.Env())) {
    result.Set(result.Length(), Map::Create(info.Env(), handle_, map));
  }
  return result;
}

Napi::Value Object::FindProgram(const Napi::CallbackInfo& info) {
  return Program::Create(info.Env(), handle_, ProgramNamed(info.Env(), info[0].As<Napi::String>()));
}

Napi::Value Object::FindMap(const Napi::CallbackInfo& info) {
  return Map::Create(info.Env(), handle_, MapNamed(info.Env(), info[0].As<Napi::String>()));
}
