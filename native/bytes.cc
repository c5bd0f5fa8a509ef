#include "bytes.h"

Bytes ToBytes(const Napi::Value& value, const std::string& name) {
  if (!value.IsTypedArray()) throw Napi::TypeError::New(value.Env(), name + " must be a typed array or Buffer");
  Napi::TypedArray array = value.As<Napi::TypedArray>();
  auto* start = static_cast<uint8_t*>(array.ArrayBuffer().Data());
  return Bytes(start + array.ByteOffset(), array.ByteLength());
}

Bytes ToBytes(const Napi::Value& value, const std::string& name, size_t size) {
  Bytes bytes = ToBytes(value, name);
  if (bytes.size() == size) return bytes;
  throw Napi::RangeError::New(value.Env(), name + " has " + std::to_string(bytes.size()) + " bytes, must have " +
                                               std::to_string(size));
}
