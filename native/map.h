// BpfMap: one map of an object; whole maps are read in one call into the caller's buffers.
#ifndef NATIVE_MAP_H_
#define NATIVE_MAP_H_

#include <bpf/libbpf.h>
#include <napi.h>

#include <memory>
#include <optional>
#include <string>

#include "bytes.h"
#include "object_handle.h"

class Map : public Napi::ObjectWrap<Map> {
 public:
  static Napi::Function Define(Napi::Env env);
  static Napi::Object Create(Napi::Env env, std::shared_ptr<ObjectHandle> handle, bpf_map* map);
  explicit Map(const Napi::CallbackInfo& info);

  // Throws a TypeError for what is not a BpfMap.
  static Map* From(const Napi::Value& value);

  // Throws when the map does not exist in the kernel, before load and after close.
  int fd() const;

 private:
  struct State {
    std::shared_ptr<ObjectHandle> handle;
    bpf_map* map;
  };

  Napi::Value Lookup(const Napi::CallbackInfo& info);
  void Update(const Napi::CallbackInfo& info);
  Napi::Value Delete(const Napi::CallbackInfo& info);
  Napi::Value ReadAll(const Napi::CallbackInfo& info);
  Napi::Value DrainAll(const Napi::CallbackInfo& info);
  Napi::Value Ring(const Napi::CallbackInfo& info);
  Napi::Value Memory(const Napi::CallbackInfo& info);
  Napi::Value GetMemlockBytes(const Napi::CallbackInfo& info);

  // Reads at most `room` entries; nothing where the kernel has no batches for this map.
  std::optional<uint32_t> ReadBatches(Bytes keys, Bytes values, uint32_t room, bool remove);
  uint32_t ReadOneByOne(Bytes keys, Bytes values, uint32_t room, bool remove);
  void DeleteRead(const void* key);
  Napi::Value ReadWhole(const Napi::CallbackInfo& info, bool remove);

  State state_;
  std::string name_;
  uint32_t type_;
  uint32_t key_size_;
  uint32_t value_size_;  // In user space: of all possible CPUs for per-CPU maps.
  uint32_t max_entries_;
};

#endif  // NATIVE_MAP_H_
