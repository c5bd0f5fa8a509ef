#include "error.h"

#include <bpf/libbpf.h>

#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace {

// Not in errno.h: the kernel's own "operation not supported", which bpf(2) lets through.
constexpr int kKernelNotSupported = 524;

struct NamedError {
  int number;
  const char* name;
};

// What bpf(2), perf_event_open(2), mmap(2) and libbpf return. libc's strerrorname_np is not in every libc.
constexpr NamedError kNames[] = {
    {E2BIG, "E2BIG"},
    {EACCES, "EACCES"},
    {EAGAIN, "EAGAIN"},
    {EBADF, "EBADF"},
    {EBUSY, "EBUSY"},
    {EEXIST, "EEXIST"},
    {EFAULT, "EFAULT"},
    {EINTR, "EINTR"},
    {EINVAL, "EINVAL"},
    {EIO, "EIO"},
    {EISDIR, "EISDIR"},
    {ELOOP, "ELOOP"},
    {EMFILE, "EMFILE"},
    {ENAMETOOLONG, "ENAMETOOLONG"},
    {ENFILE, "ENFILE"},
    {ENODEV, "ENODEV"},
    {ENOENT, "ENOENT"},
    {ENOMEM, "ENOMEM"},
    {ENOSPC, "ENOSPC"},
    {ENOSYS, "ENOSYS"},
    {ENOTDIR, "ENOTDIR"},
    {ENXIO, "ENXIO"},
    {EOPNOTSUPP, "EOPNOTSUPP"},
    {EPERM, "EPERM"},
    {ERANGE, "ERANGE"},
    {ESRCH, "ESRCH"},
    {ETOOMANYREFS, "ETOOMANYREFS"},
    {kKernelNotSupported, "ENOTSUPP"},
    {LIBBPF_ERRNO__LIBELF, "LIBBPF_ERRNO__LIBELF"},
    {LIBBPF_ERRNO__FORMAT, "LIBBPF_ERRNO__FORMAT"},
    {LIBBPF_ERRNO__KVERSION, "LIBBPF_ERRNO__KVERSION"},
    {LIBBPF_ERRNO__ENDIAN, "LIBBPF_ERRNO__ENDIAN"},
    {LIBBPF_ERRNO__INTERNAL, "LIBBPF_ERRNO__INTERNAL"},
    {LIBBPF_ERRNO__RELOC, "LIBBPF_ERRNO__RELOC"},
    {LIBBPF_ERRNO__LOAD, "LIBBPF_ERRNO__LOAD"},
    {LIBBPF_ERRNO__VERIFY, "LIBBPF_ERRNO__VERIFY"},
    {LIBBPF_ERRNO__PROG2BIG, "LIBBPF_ERRNO__PROG2BIG"},
    {LIBBPF_ERRNO__KVER, "LIBBPF_ERRNO__KVER"},
    {LIBBPF_ERRNO__PROGTYPE, "LIBBPF_ERRNO__PROGTYPE"},
};

std::string Meaning(int error) {
  if (error == kKernelNotSupported) return "operation not supported";
  char text[128] = "";
  libbpf_strerror(error, text, sizeof(text));
  text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

}  // namespace

std::string ErrorName(int error) {
  for (const NamedError& known : kNames) {
    if (known.number == std::abs(error)) return known.name;
  }
  return "E" + std::to_string(std::abs(error));
}

std::string Reason(int error) { return ErrorName(error) + ": " + Meaning(std::abs(error)); }

Napi::Error BpfError(Napi::Env env, int error, const std::string& attempt, const std::string& log) {
  Napi::Error result = Napi::Error::New(env, attempt + ": " + Reason(error));
  result.Set("code", Napi::String::New(env, ErrorName(error)));
  if (!log.empty()) result.Set("cause", Napi::String::New(env, log));
  return result;
}
