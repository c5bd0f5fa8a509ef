#include "log_capture.h"

#include <cerrno>
#include <cstdio>

namespace {

constexpr size_t kMaxBytes = 256 * 1024;

thread_local LogCapture* current = nullptr;

}  // namespace

LogCapture::LogCapture() : outer_(current) { current = this; }

LogCapture::~LogCapture() { current = outer_; }

void LogCapture::Install() { libbpf_set_print(Print); }

std::string LogCapture::Text() const {
  size_t start = 0;
  if (text_.size() > kMaxBytes) {
    start = text_.find('\n', text_.size() - kMaxBytes) + 1;  // No newline: npos + 1, the whole text.
  }
  const size_t end = text_.find_last_not_of('\n') + 1;
  std::string kept = start > 0 ? "[beginning left out]\n" : "";
  if (end > start) kept.append(text_, start, end - start);
  return kept;
}

int LogCapture::Print(libbpf_print_level level, const char* format, va_list arguments) {
  if (level == LIBBPF_DEBUG || current == nullptr) return 0;
  const int saved_errno = errno;  // libbpf prints between a failed call and the return of its errno.
  try {
    current->Append(format, arguments);
  } catch (...) {
    // Out of memory: the error goes without its log. Nothing may be thrown through libbpf.
  }
  errno = saved_errno;
  return 0;
}

void LogCapture::Append(const char* format, va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  const int length = vsnprintf(nullptr, 0, format, again);
  va_end(again);
  if (length <= 0) return;
  const size_t start = text_.size();
  text_.resize(start + static_cast<size_t>(length) + 1);
  vsnprintf(text_.data() + start, static_cast<size_t>(length) + 1, format, arguments);
  text_.resize(start + static_cast<size_t>(length));
}
