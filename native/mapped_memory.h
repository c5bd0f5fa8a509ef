// Kernel memory mapped into this process, as ArrayBuffers; unmapped when the last of them was collected.
#ifndef NATIVE_MAPPED_MEMORY_H_
#define NATIVE_MAPPED_MEMORY_H_

#include <napi.h>

#include <cstddef>
#include <memory>

class MappedMemory {
 public:
  // Returns nothing, with errno set, where the kernel refuses.
  static std::shared_ptr<MappedMemory> Map(int fd, size_t bytes, int protection, size_t offset);
  static Napi::ArrayBuffer View(Napi::Env env, std::shared_ptr<MappedMemory> memory, size_t offset, size_t bytes);

  MappedMemory(void* start, size_t bytes) : start_(start), bytes_(bytes) {}
  ~MappedMemory();
  MappedMemory(const MappedMemory&) = delete;
  MappedMemory& operator=(const MappedMemory&) = delete;

 private:
  void* start_;
  size_t bytes_;
};

#endif  // NATIVE_MAPPED_MEMORY_H_
