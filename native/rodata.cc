#include "rodata.h"

#include <bpf/btf.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <map>
#include <string>

#include "bytes.h"
#include "error.h"

namespace {

struct Variable {
  uint32_t offset;
  uint32_t size;
};

using Variables = std::map<std::string, Variable>;

Variables FindVariables(const btf* types) {
  Variables found;
  const int id = types == nullptr ? -1 : btf__find_by_name_kind(types, ".rodata", BTF_KIND_DATASEC);
  if (id < 0) return found;
  const btf_type* section = btf__type_by_id(types, id);
  const btf_var_secinfo* entries = btf_var_secinfos(section);
  for (int i = 0; i < btf_vlen(section); i++) {
    const btf_type* variable = btf__type_by_id(types, entries[i].type);
    found[btf__name_by_offset(types, variable->name_off)] = {entries[i].offset, entries[i].size};
  }
  return found;
}

std::string Listed(const Variables& variables) {
  std::string names;
  for (const auto& [name, variable] : variables) names += (names.empty() ? "" : ", ") + name;
  return names.empty() ? "none" : names;
}

[[noreturn]] void ThrowRange(const Napi::Value& value, const std::string& name, uint32_t size) {
  throw Napi::RangeError::New(value.Env(), "set rodata " + name + ": " + value.ToString().Utf8Value() +
                                               " does not fit its " + std::to_string(size) + " bytes");
}

// A value as the two's complement of a C integer of `size` bytes, signed or not.
uint64_t ToInteger(const Napi::Value& value, const std::string& name, uint32_t size) {
  if (value.IsBoolean()) return value.ToBoolean() ? 1 : 0;
  if (value.IsBigInt()) {
    bool lossless = false;
    const uint64_t bits = value.As<Napi::BigInt>().Uint64Value(&lossless);
    if (lossless && (size == 8 || bits >> (8 * size) == 0)) return bits;
    const int64_t negative = value.As<Napi::BigInt>().Int64Value(&lossless);
    if (lossless && negative < 0 && (size == 8 || negative >= -(1LL << (8 * size - 1)))) {
      return static_cast<uint64_t>(negative);
    }
    ThrowRange(value, name, size);
  }
  const double number = value.As<Napi::Number>().DoubleValue();
  const double limit = std::ldexp(1, static_cast<int>(8 * size));
  if (std::trunc(number) != number || number >= limit || number < -limit / 2) ThrowRange(value, name, size);
  return number < 0 ? static_cast<uint64_t>(static_cast<int64_t>(number)) : static_cast<uint64_t>(number);
}

void Write(uint8_t* target, const Variable& variable, const Napi::Value& value, const std::string& name) {
  if (value.IsTypedArray()) {
    const Bytes bytes = ToBytes(value, "rodata " + name, variable.size);
    std::memcpy(target, bytes.data(), bytes.size());
    return;
  }
  if (variable.size > sizeof(uint64_t) || !(value.IsNumber() || value.IsBigInt() || value.IsBoolean())) {
    throw Napi::TypeError::New(value.Env(), "set rodata " + name + ": it takes " + std::to_string(variable.size) +
                                                " bytes in a typed array");
  }
  const uint64_t bits = ToInteger(value, name, variable.size);
  std::memcpy(target, &bits, variable.size);  // Little-endian, as every architecture this is built for.
}

}  // namespace

void SetRodata(bpf_object* object, Napi::Object values) {
  const Variables variables = FindVariables(bpf_object__btf(object));
  bpf_map* map = bpf_object__find_map_by_name(object, ".rodata");
  size_t size = 0;
  auto* data = map == nullptr ? nullptr : static_cast<uint8_t*>(const_cast<void*>(static_cast<const void*>(
                                              bpf_map__initial_value(map, &size))));
  const Napi::Array names = values.GetPropertyNames();
  for (uint32_t i = 0; i < names.Length(); i++) {
    const std::string name = names.Get(i).As<Napi::String>();
    const auto found = variables.find(name);
    if (data == nullptr || found == variables.end() || found->second.offset + found->second.size > size) {
      throw BpfError(values.Env(), ENOENT, "set rodata " + name + " (known: " + Listed(variables) + ")");
    }
    Write(data + found->second.offset, found->second, values.Get(name), name);
  }
}
