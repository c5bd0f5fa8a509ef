#include "object_handle.h"

uint64_t ObjectHandle::Adopt(bpf_link* link) {
  links_.emplace(next_number_, link);
  return next_number_++;
}

void ObjectHandle::Release() {
  while (!links_.empty()) links_.erase(std::prev(links_.end()));
  object_.reset();
}
