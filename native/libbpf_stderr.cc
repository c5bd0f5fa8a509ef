// Distributions compile libbpf.a for executables, so its reference to libc's `stderr` keeps it out of a shared object.
// This hidden variable takes that reference. Only libbpf's default printer uses it, and LogCapture replaces that one.

extern "C" {
[[gnu::visibility("hidden"), gnu::used]] void* libbpf_stderr __asm__("stderr") = nullptr;
}
