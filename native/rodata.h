// Values for `const volatile` globals, written into an object's .rodata before it is loaded.
#ifndef NATIVE_RODATA_H_
#define NATIVE_RODATA_H_

#include <bpf/libbpf.h>
#include <napi.h>

// Throws for a name that is not there, naming those that are, and for a value that does not fit.
void SetRodata(bpf_object* object, Napi::Object values);

#endif  // NATIVE_RODATA_H_
