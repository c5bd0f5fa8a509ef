#include "map.h"

#include <bpf/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "addon.h"
#include "error.h"
#include "fdinfo.h"
#include "mapped_memory.h"

namespace {

// The kernel's own ENOTSUPP, which older kernels return for a map type without batches.
constexpr int kKernelNotSupported = 524;
// Entries asked for at once; a hash bucket that holds more makes it grow.
constexpr uint32_t kFirstBatch = 1024;

bool IsPerCpu(uint32_t type) {
  return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
         type == BPF_MAP_TYPE_LRU_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

uint32_t UserValueSize(const bpf_map* map) {
  const uint32_t size = bpf_map__value_size(map);
  if (!IsPerCpu(bpf_map__type(map))) return size;
  return (size + 7) / 8 * 8 * static_cast<uint32_t>(libbpf_num_possible_cpus());
}

uint64_t UpdateFlags(const Napi::Value& value) {
  if (value.IsUndefined()) return BPF_ANY;
  const std::string name = value.ToString();
  if (name == "any") return BPF_ANY;
  if (name == "noexist") return BPF_NOEXIST;
  if (name == "exist") return BPF_EXIST;
  throw Napi::TypeError::New(value.Env(), "flags must be any, noexist or exist, not " + name);
}

}  // namespace

Napi::Function Map::Define(Napi::Env env) {
  return DefineClass(env, "BpfMap",
                     {
                         InstanceMethod<&Map::Lookup>("lookup"),
                         InstanceMethod<&Map::Update>("update"),
                         InstanceMethod<&Map::Delete>("delete"),
                         InstanceMethod<&Map::ReadAll>("readAll"),
                         InstanceMethod<&Map::DrainAll>("drainAll"),
                         InstanceMethod<&Map::Ring>("ring"),
                         InstanceMethod<&Map::Memory>("memory"),
                         InstanceMethod<&Map::GetMemlockBytes>("memlockBytes"),
                     });
}

Napi::Object Map::Create(Napi::Env env, std::shared_ptr<ObjectHandle> handle, bpf_map* map) {
  State state{std::move(handle), map};
  return Addon::Of(env).map_class().New({Napi::External<State>::New(env, &state)});
}

Map::Map(const Napi::CallbackInfo& info) : ObjectWrap(info), state_(*Created<State>(info)) {
  name_ = bpf_map__name(state_.map);
  type_ = bpf_map__type(state_.map);
  key_size_ = bpf_map__key_size(state_.map);
  value_size_ = UserValueSize(state_.map);
  max_entries_ = bpf_map__max_entries(state_.map);
  Napi::Object self = info.This().As<Napi::Object>();
  self.Set("name", name_);
  self.Set("type", type_);
  self.Set("keySize", key_size_);
  self.Set("valueSize", value_size_);
  self.Set("maxEntries", max_entries_);
}

Map* Map::From(const Napi::Value& value) {
  const Napi::Object object = value.As<Napi::Object>();
  if (!object.InstanceOf(Addon::Of(value.Env()).map_class().Value())) {
    throw Napi::TypeError::New(value.Env(), "reuse must be a BpfMap");
  }
  return Unwrap(object);
}

int Map::fd() const {
  if (state_.handle->closed()) throw Napi::Error::New(Env(), "use map " + name_ + ": its object was closed");
  const int fd = bpf_map__fd(state_.map);
  if (fd < 0) throw BpfError(Env(), EINVAL, "use map " + name_ + ": it was not created");
  return fd;
}

Napi::Value Map::Lookup(const Napi::CallbackInfo& info) {
  const Bytes key = ToBytes(info[0], "key", key_size_);
  const Bytes value = ToBytes(info[1], "value", value_size_);
  if (bpf_map_lookup_elem(fd(), key.data(), value.data()) == 0) return Napi::Boolean::New(info.Env(), true);
  if (errno != ENOENT) throw BpfError(info.Env(), errno, "look up in map " + name_);
  return Napi::Boolean::New(info.Env(), false);
}

void Map::Update(const Napi::CallbackInfo& info) {
  const Bytes key = ToBytes(info[0], "key", key_size_);
  const Bytes value = ToBytes(info[1], "value", value_size_);
  if (bpf_map_update_elem(fd(), key.data(), value.data(), UpdateFlags(info[2])) != 0) {
    throw BpfError(info.Env(), errno, "update map " + name_);
  }
}

Napi::Value Map::Delete(const Napi::CallbackInfo& info) {
  const Bytes key = ToBytes(info[0], "key", key_size_);
  if (bpf_map_delete_elem(fd(), key.data()) == 0) return Napi::Boolean::New(info.Env(), true);
  if (errno != ENOENT) throw BpfError(info.Env(), errno, "delete from map " + name_);
  return Napi::Boolean::New(info.Env(), false);
}

Napi::Value Map::ReadAll(const Napi::CallbackInfo& info) { return ReadWhole(info, false); }

Napi::Value Map::DrainAll(const Napi::CallbackInfo& info) { return ReadWhole(info, true); }

Napi::Value Map::ReadWhole(const Napi::CallbackInfo& info, bool remove) {
  const Bytes keys = ToBytes(info[0], "keys");
  const Bytes values = ToBytes(info[1], "values");
  if (key_size_ == 0 || value_size_ == 0) throw BpfError(info.Env(), EINVAL, "read map " + name_ + ": it has no entries");
  const auto room = static_cast<uint32_t>(std::min(keys.size() / key_size_, values.size() / value_size_));
  std::optional<uint32_t> count = ReadBatches(keys, values, room, remove);
  if (!count) count = ReadOneByOne(keys, values, room, remove);
  return Napi::Number::New(info.Env(), *count);
}

// A map that changes meanwhile may have more entries than the buffers: what does not fit is left for the next call.
std::optional<uint32_t> Map::ReadBatches(Bytes keys, Bytes values, uint32_t room, bool remove) {
  std::vector<uint8_t> position(std::max<size_t>(key_size_, 8)), next(position.size());
  const auto read = remove ? bpf_map_lookup_and_delete_batch : bpf_map_lookup_batch;
  uint32_t done = 0;
  uint32_t batch = kFirstBatch;
  bool first = true;
  while (done < room) {
    uint32_t count = std::min(batch, room - done);
    const uint32_t asked = count;
    const int status = read(fd(), first ? nullptr : position.data(), next.data(), keys.data() + size_t{done} * key_size_,
                            values.data() + size_t{done} * value_size_, &count, nullptr);
    const int error = status == 0 ? 0 : errno;
    if (error == ENOSPC && asked < room - done) {  // A bucket with more entries than were asked for.
      batch = asked * 2;
      continue;
    }
    if (error == ENOSPC) break;
    if (first && (error == EINVAL || error == kKernelNotSupported || error == EOPNOTSUPP)) {
      return std::nullopt;
    }
    if (error != 0 && error != ENOENT) throw BpfError(Env(), error, "read map " + name_);
    done += count;
    if (error == ENOENT) break;
    std::swap(position, next);
    first = false;
  }
  return done;
}

// Looks up the next key before this one is removed, since the kernel goes on from a key that is there.
uint32_t Map::ReadOneByOne(Bytes keys, Bytes values, uint32_t room, bool remove) {
  std::vector<uint8_t> key(key_size_), next(key_size_);
  uint32_t done = 0;
  bool more = bpf_map_get_next_key(fd(), nullptr, key.data()) == 0;
  if (!more && errno != ENOENT) throw BpfError(Env(), errno, "read map " + name_);
  while (more && done < room) {
    more = bpf_map_get_next_key(fd(), key.data(), next.data()) == 0;
    if (bpf_map_lookup_elem(fd(), key.data(), values.data() + size_t{done} * value_size_) == 0) {
      std::memcpy(keys.data() + size_t{done} * key_size_, key.data(), key_size_);
      done++;
      if (remove) DeleteRead(key.data());
    }
    std::swap(key, next);
  }
  return done;
}

// An array's entries can't be removed: its error says so. An entry that is gone already is as it should be.
void Map::DeleteRead(const void* key) {
  if (bpf_map_delete_elem(fd(), key) == 0 || errno == ENOENT) return;
  throw BpfError(Env(), errno, "remove what was read from map " + name_);
}

Napi::Value Map::Ring(const Napi::CallbackInfo& info) {
  if (type_ != BPF_MAP_TYPE_RINGBUF) throw BpfError(info.Env(), EINVAL, "map ring memory of " + name_ + ": it is no ring");
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t bytes = max_entries_;
  const auto consumer = MappedMemory::Map(fd(), page, PROT_READ | PROT_WRITE, 0);
  const auto producer = MappedMemory::Map(fd(), page + 2 * bytes, PROT_READ, page);
  if (!consumer || !producer) throw BpfError(info.Env(), errno, "map ring memory of " + name_);
  Napi::Object ring = Napi::Object::New(info.Env());
  ring.Set("consumer", MappedMemory::View(info.Env(), consumer, 0, page));
  ring.Set("producer", MappedMemory::View(info.Env(), producer, 0, page));
  ring.Set("data", MappedMemory::View(info.Env(), producer, page, 2 * bytes));
  return ring;
}

Napi::Value Map::Memory(const Napi::CallbackInfo& info) {
  const size_t bytes = size_t{(value_size_ + 7) / 8 * 8} * max_entries_;
  const auto memory = MappedMemory::Map(fd(), bytes, PROT_READ | PROT_WRITE, 0);
  if (!memory) throw BpfError(info.Env(), errno, "map the memory of " + name_);
  return MappedMemory::View(info.Env(), memory, 0, bytes);
}

Napi::Value Map::GetMemlockBytes(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(MemlockBytes(fd())));
}
