// Arguments that are memory: any typed array or Buffer, seen as its bytes.
#ifndef NATIVE_BYTES_H_
#define NATIVE_BYTES_H_

#include <napi.h>

#include <cstdint>
#include <span>
#include <string>

using Bytes = std::span<uint8_t>;

// Throws a TypeError that names the argument when the value is not a typed array. Valid during this call only.
Bytes ToBytes(const Napi::Value& value, const std::string& name);

// The same, and throws a RangeError unless there are exactly `size` bytes.
Bytes ToBytes(const Napi::Value& value, const std::string& name, size_t size);

#endif  // NATIVE_BYTES_H_
