// Keeps what libbpf prints while this object lives, for the error that may follow: its warnings, and the verifier's log
// of a refused program. libbpf has one printer per process; it finds the capture of its own thread here.
#ifndef NATIVE_LOG_CAPTURE_H_
#define NATIVE_LOG_CAPTURE_H_

#include <bpf/libbpf.h>

#include <cstdarg>
#include <string>

class LogCapture {
 public:
  LogCapture();
  ~LogCapture();
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  // Makes libbpf print to captures only. Calling it again, from any thread, changes nothing.
  static void Install();

  // What was printed, without the last newline. Of a long log the end is kept: there the verifier says why.
  std::string Text() const;

 private:
  static int Print(libbpf_print_level level, const char* format, va_list arguments);
  void Append(const char* format, va_list arguments);

  std::string text_;
  LogCapture* outer_;
};

#endif  // NATIVE_LOG_CAPTURE_H_
