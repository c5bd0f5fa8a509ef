#include "rodata.h"

#include <bpf/btf.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <map>
#include <optional>
#include <string>

#include "bytes.h"
#include "error.h"

namespace {

constexpr double kMaxSafeInteger = 9007199254740991;

struct Variable {
  uint32_t offset;
  uint32_t size;
  bool is_signed;  // Of an integer; false for all else.
};

bool IsSigned(const btf* types, uint32_t id) {
  const btf_type* type = btf__type_by_id(types, id);
  while (btf_is_mod(type) || btf_is_typedef(type)) type = btf__type_by_id(types, type->type);
  return btf_is_int(type) && (btf_int_encoding(type) & BTF_INT_SIGNED) != 0;
}

using Variables = std::map<std::string, Variable>;

Variables FindVariables(const btf* types) {
  Variables found;
  const int id = types == nullptr ? -1 : btf__find_by_name_kind(types, ".rodata", BTF_KIND_DATASEC);
  if (id < 0) return found;
  const btf_type* section = btf__type_by_id(types, id);
  const btf_var_secinfo* entries = btf_var_secinfos(section);
  for (int i = 0; i < btf_vlen(section); i++) {
    const btf_type* variable = btf__type_by_id(types, entries[i].type);
    found[btf__name_by_offset(types, variable->name_off)] = {entries[i].offset, entries[i].size,
                                                               IsSigned(types, variable->type)};
  }
  return found;
}

std::string Listed(const Variables& variables) {
  std::string names;
  for (const auto& [name, variable] : variables) names += " " + name;
  return names.empty() ? " none" : names;
}

// A value as the two's complement of the variable's integer. Numbers beyond 2^53, where they are no longer exact, must
// be given as bigint.
std::optional<uint64_t> ToInteger(const Napi::Value& value, const Variable& variable) {
  if (value.IsBoolean()) return value.ToBoolean() ? 1 : 0;
  bool lossless = true;
  Napi::Value integer = value;
  if (value.IsNumber()) {
    const double number = value.As<Napi::Number>().DoubleValue();
    if (std::trunc(number) != number || std::abs(number) > kMaxSafeInteger) return std::nullopt;
    integer = Napi::BigInt::New(value.Env(), static_cast<int64_t>(number));
  }
  const uint32_t spare_bits = 64 - 8 * variable.size;
  if (variable.is_signed) {
    const int64_t number = integer.As<Napi::BigInt>().Int64Value(&lossless);
    const auto bits = static_cast<uint64_t>(number);
    if (!lossless || static_cast<int64_t>(bits << spare_bits) >> spare_bits != number) return std::nullopt;
    return bits;
  }
  const uint64_t bits = integer.As<Napi::BigInt>().Uint64Value(&lossless);
  if (!lossless || bits << spare_bits >> spare_bits != bits) return std::nullopt;
  return bits;
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
  const std::optional<uint64_t> bits = ToInteger(value, variable);
  if (!bits) {
    const std::string type = (variable.is_signed ? "i" : "u") + std::to_string(8 * variable.size);
    throw Napi::RangeError::New(value.Env(), "set rodata " + name + ": " + value.ToString().Utf8Value() +
                                                 " does not fit its " + type);
  }
  std::memcpy(target, &*bits, variable.size);  // Little-endian, as every architecture this is built for.
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
      throw BpfError(values.Env(), ENOENT, "set rodata " + name + " (known:" + Listed(variables) + ")");
    }
    Write(data + found->second.offset, found->second, values.Get(name), name);
  }
}
