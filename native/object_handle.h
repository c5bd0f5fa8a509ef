// An open BPF object with its links. The Object, its Programs, Maps and Links in JavaScript share it, so that it lives as
// long as one of them; close() empties it at once.
#ifndef NATIVE_OBJECT_HANDLE_H_
#define NATIVE_OBJECT_HANDLE_H_

#include <bpf/libbpf.h>

#include <cstdint>
#include <map>
#include <memory>

class ObjectHandle {
 public:
  explicit ObjectHandle(bpf_object* object) : object_(object) {}
  ~ObjectHandle() { Release(); }
  ObjectHandle(const ObjectHandle&) = delete;
  ObjectHandle& operator=(const ObjectHandle&) = delete;

  bool closed() const { return !object_; }
  bpf_object* get() const { return object_.get(); }

  // Takes the link and returns the number that detaches it.
  uint64_t Adopt(bpf_link* link);
  // Nothing happens when it was detached before.
  void Detach(uint64_t number) { links_.erase(number); }
  // Closes the links, the latest first, then programs and maps. May be called twice.
  void Release();

 private:
  struct LinkDeleter {
    void operator()(bpf_link* link) const { bpf_link__destroy(link); }
  };
  struct ObjectDeleter {
    void operator()(bpf_object* object) const { bpf_object__close(object); }
  };

  std::unique_ptr<bpf_object, ObjectDeleter> object_;
  std::map<uint64_t, std::unique_ptr<bpf_link, LinkDeleter>> links_;
  uint64_t next_number_ = 0;
};

#endif  // NATIVE_OBJECT_HANDLE_H_
