#include "mapped_memory.h"

#include <sys/mman.h>

std::shared_ptr<MappedMemory> MappedMemory::Map(int fd, size_t bytes, int protection, size_t offset) {
  void* start = mmap(nullptr, bytes, protection, MAP_SHARED, fd, static_cast<off_t>(offset));
  if (start == MAP_FAILED) return nullptr;
  return std::make_shared<MappedMemory>(start, bytes);
}

MappedMemory::~MappedMemory() { munmap(start_, bytes_); }

Napi::ArrayBuffer MappedMemory::View(Napi::Env env, std::shared_ptr<MappedMemory> memory, size_t offset, size_t bytes) {
  auto* owner = new std::shared_ptr<MappedMemory>(std::move(memory));
  return Napi::ArrayBuffer::New(
      env, static_cast<char*>((*owner)->start_) + offset, bytes,
      [](Napi::BasicEnv, void*, std::shared_ptr<MappedMemory>* held) { delete held; }, owner);
}
